import { describe, expect, it } from 'vitest';
import { shortReason } from '../../../extension/jobs/store/reasons.ts';
import { createJobText, progressPercent } from '../../../extension/jobs/text/text.ts';
import { makeJob } from './makeJob.ts';

const NOW = new Date(2026, 4, 3, 14, 5).getTime();
const t = (message: string, ...args: (string | number)[]) =>
	message.replace(/\{(\d)\}/g, (_all, index) => String(args[Number(index)]));
const text = createJobText(t, 'en-GB', () => NOW);
const describeJob = (over: Parameters<typeof makeJob>[0], reason?: string) =>
	text.description(makeJob(over), reason);

describe('a row', () => {
	it.each([
		[
			{ state: 'running', progress: { current: 40, total: 120, unit: 'files' } },
			'33% · 40 of 120 files',
		],
		[{ state: 'running', progress: { current: 7, unit: 'MB', message: 'b.ts' } }, '7 MB · b.ts'],
		[{ state: 'running', progress: null }, 'running'],
		[{ state: 'running', ready: {} }, 'not ready yet'],
		[
			{ state: 'running', ready: {}, phase: 'run', readyAt: NOW, progress: { current: 2 } },
			'serving · 2',
		],
		[{ state: 'failed', stopReason: 'ready', finishedAt: NOW }, 'was not ready in time · 14:05'],
		[{ state: 'running', stopping: 'cancel' }, 'stopping'],
		[{ state: 'paused' }, 'paused'],
		[{ held: true }, 'held until resumed'],
		[{ runAt: NOW + 3_600_000 }, 'starts at 15:05'],
		[{ state: 'running', progress: { current: 1, message: 'a\u202eb\n\u001b[31mc' } }, '1 · a b c'],
		[{ runAt: NOW + 60_000, attempt: 1, maxAttempts: 3 }, 'attempt 2 of 3 at 14:06'],
		[{ state: 'succeeded', startedAt: NOW - 3_210, finishedAt: NOW }, 'succeeded · 3.2 s · 14:05'],
		[{ state: 'failed', stopReason: 'exit', exitCode: 2, finishedAt: NOW }, 'exit code 2 · 14:05'],
		[{ state: 'failed', stopReason: 'timeout', finishedAt: NOW }, 'took too long · 14:05'],
		[{ state: 'failed', stopReason: 'children', finishedAt: NOW }, 'a part of it failed · 14:05'],
		[{ state: 'cancelled', finishedAt: NOW - 86_400_000 * 2 }, 'cancelled · 1 May, 14:05'],
		[{ state: 'superseded', finishedAt: NOW }, 'replaced by a newer job · 14:05'],
	] as const)('%o reads “%s”', (over, expected) => {
		expect(describeJob(over)).toBe(expected);
	});

	it('says why a job waits, where the daemon told', () => {
		expect(describeJob({}, 'waits for AC power')).toBe('waits for AC power');
		expect(describeJob({})).toBe('waiting');
		const aside = 'paused by itself: AC power was lost, on battery, 43 %';
		expect(describeJob({ state: 'paused' }, aside)).toBe(aside);
		expect(describeJob({ state: 'paused', held: true }, aside)).toBe('paused');
	});
});

describe('a clock that is set back', () => {
	const HOUR = 3_600_000;
	const asked = { createdAt: NOW + HOUR, runAt: NOW + HOUR };

	it.each([
		[asked, undefined, 'waiting'],
		[asked, 'queue lane has no free slot', 'queue lane has no free slot'],
		// A wait for a time is one also then.
		[{ ...asked, runAt: NOW + 2 * HOUR }, undefined, 'starts at 16:05'],
		// Its backoff is over: the daemon says what it waits for.
		[
			{ ...asked, attempt: 1, maxAttempts: 3 },
			'queue lane has no free slot',
			'queue lane has no free slot',
		],
		[
			{ state: 'succeeded', startedAt: NOW + HOUR, finishedAt: NOW + HOUR },
			undefined,
			'succeeded · 0 ms · 15:05',
		],
	] as const)('makes of %o and %j the row %j', (over, reason, expected) => {
		expect(describeJob(over, reason)).toBe(expected);
	});

	it('makes no time negative', () => {
		expect([text.duration(-HOUR), text.duration(-1)]).toEqual(['0 ms', '0 ms']);
	});
});

describe('the tooltip', () => {
	it.each([
		[{ state: 'running' }, 'running'],
		[{ state: 'running', ready: {} }, 'not ready yet'],
		[{ state: 'running', ready: {}, phase: 'run', readyAt: NOW }, 'serving'],
		[{ state: 'succeeded', ready: {}, readyAt: NOW, finishedAt: NOW }, 'succeeded · 14:05'],
		[{ ready: {} }, 'waiting'],
	] as const)('has as the state of %o “%s”', (over, expected) => {
		expect(text.facts(makeJob(over)).find(([name]) => name === 'State')?.[1]).toBe(expected);
	});
});

describe('a screen reader', () => {
	it.each([
		[{ state: 'succeeded', startedAt: NOW - 3_210, finishedAt: NOW }, 'succeeded · 3.2 s · 14:05'],
		[{ state: 'running', progress: null }, 'running'],
		[
			{ state: 'failed', stopReason: 'exit', exitCode: 2, finishedAt: NOW },
			'failed, exit code 2 · 14:05',
		],
		[{ held: true }, 'waiting, held until resumed'],
	] as const)('hears of %o once: “%s”', (over, expected) => {
		const job = makeJob({ title: 'make', ...over });
		expect(text.aloud(job, text.description(job, undefined))).toBe(`make, ${expected}`);
	});
});

describe('an index', () => {
	it('counts its files as one says it', () => {
		const indexed = (files: number, skipped = {}) => text.indexed('shop', { files, skipped });
		expect(indexed(1)).toBe('shop is indexed: 1 file.');
		expect(indexed(1_500, { binary: 2 })).toBe('shop is indexed: 1,498 files, 2 skipped.');
		expect(text.indexed('shop', null)).toBe('shop is indexed.');
	});
});

describe('an outcome', () => {
	it('is one sentence', () => {
		const done = makeJob({
			title: 'Index a',
			state: 'succeeded',
			startedAt: 0,
			finishedAt: 65_000,
		});
		expect(text.outcome(done)).toBe('Index a: succeeded after 1 min 5 s.');
		const failed = makeJob({
			title: 'make',
			state: 'failed',
			error: { code: 'SPAWN', message: 'There is no program make.' },
		});
		expect(text.outcome(failed)).toBe('make failed. There is no program make.');
		const odd = makeJob({ title: 'a\u202eb\n\u001b]0;c\u0007d', state: 'cancelled' });
		expect(text.outcome(odd)).toBe('a b d: cancelled.');
	});
});

describe('several that ended', () => {
	const named = (state: 'failed' | 'succeeded', ...titles: string[]) =>
		titles.map((title) => makeJob({ title, state }));

	it.each([
		[named('succeeded', 'a', 'b'), 2, 0, '2 jobs ended: a, b'],
		[named('succeeded', 'a', 'b', 'c', 'd'), 40, 0, '40 jobs ended: a, b, c, …'],
		[named('failed', 'a', 'b'), 2, 2, '2 jobs failed: a, b'],
		// Those that failed are named, and nothing that did not.
		[
			[...named('failed', 'a'), ...named('succeeded', 'b')],
			12,
			1,
			'12 jobs ended, 1 of them failed: a',
		],
		[named('failed', 'a', 'b', 'c'), 12, 4, '12 jobs ended, 4 of them failed: a, b, c, …'],
	])('%#', (jobs, count, failed, sentence) => {
		expect(text.ended(jobs, count, failed)).toBe(sentence);
	});
});

describe('progress', () => {
	it('never claims more than all of it, and nothing without a total', () => {
		const percent = (current: number, total?: number) =>
			progressPercent(
				makeJob({ progress: total === undefined ? { current } : { current, total } }),
			);
		expect(percent(199, 200)).toBe(99);
		expect(percent(300, 200)).toBe(100);
		expect(percent(3)).toBeUndefined();
		expect(percent(0, 0)).toBeUndefined();
	});
});

it('a row names the job that it waits for without its id', () => {
	const message =
		'waits until «web server» (01a218c8-7555-7206-bcd0-b6f8f3e0b267) is ready; it is running.';
	const explanation = { runnable: false, reasons: [{ kind: 'dependency', message, since: 0 }] };
	expect(shortReason(explanation)).toBe('waits until «web server» is ready; it is running');
});

it.each(['time', 'backoff'] as const)('a row says itself when a wait for %s is over', (kind) => {
	const reasons = [{ kind, message: 'waiting for its start time, in 2 h', since: 0 }];
	expect(shortReason({ runnable: false, reasons })).toBeUndefined();
});
