import { describe, expect, it } from 'vitest';
import { cellWidth } from '../../../daemon/cli/render/text.ts';
import { waitingBar } from '../../../daemon/cli/render/waiting.ts';
import { drawTop } from '../../../daemon/cli/top/draw.ts';
import { FIRST_UI, type Key, press, type Ui } from '../../../daemon/cli/top/keys.ts';
import { type LogPane, NO_LOG } from '../../../daemon/cli/top/logPane.ts';
import {
	EMPTY_MODEL,
	type TopModel,
	withChanges,
	withSnapshot,
	withStats,
} from '../../../daemon/cli/top/model.ts';
import { ratesOf } from '../../../daemon/cli/top/rates.ts';
import { listedJobs, waitingFilter } from '../../../daemon/cli/top/rows.ts';
import type { Job } from '../../../shared/job.ts';
import type { StatsNow } from '../../../shared/protocol/stats.ts';
import { bare, ended, job, NOW, running, terminal } from './samples.ts';

const counts = {
	queued: 1204,
	running: 3,
	paused: 1,
	succeeded: 40,
	failed: 2,
	cancelled: 0,
	superseded: 0,
	expired: 0,
};

function stats(more: Partial<StatsNow> = {}): StatsNow {
	const queue = {
		concurrency: 4,
		paused: false,
		rate: null,
		limits: null,
		running: 3,
		queued: 1200,
	};
	return {
		at: NOW,
		counts,
		waiting: { slot: 1190, power: 10, paused: 4 },
		global: { concurrency: 8, paused: false, running: 3 },
		queues: [
			{ ...queue, name: 'default', waiting: { slot: 1190, power: 10 } },
			{ ...queue, name: 'reports', paused: true, running: 0, queued: 4, waiting: { paused: 4 } },
			...Array.from({ length: 20 }, (_, number) => ({
				...queue,
				name: `q${number}`,
				waiting: { slot: 1 },
			})),
		],
		moreQueues: 3,
		daemon: { startedAt: NOW - 3_600_000, cpuMs: 1000, rssBytes: 80_000_000, clients: 1 },
		machine: { onMains: false, battery: 0.43, idle: null },
		storage: {
			databaseBytes: 12_000_000,
			walBytes: 0,
			payloadBytes: 0,
			logBytes: 5000,
			indexBytes: null,
			payloadQuotaBytes: 1,
		},
		...more,
	};
}

const named = (id: string, fields: Partial<Job>, make = job) => make({ id, ...fields });
const jobs = [
	named('r1', { title: 'evil \u001b[2J\u001b]0;name\u0007 title', generation: 2 }, running),
	named('r2', { title: '日本語のタイトル', queue: 'index', generation: 1 }, running),
	ended('failed', { id: 'f1', title: 'broken', exitCode: 2, stopReason: 'exit' }),
];
const waiting = Array.from({ length: 60 }, (_, number) =>
	named(`w${number}`, { title: `part ${number}`, priority: number === 7 ? 5 : 0 }),
);
const model: TopModel = {
	...withStats(withSnapshot(EMPTY_MODEL, jobs), stats()),
	version: '1.2.3',
	waiting,
	reasons: new Map([['w0', 'queue default runs 4 at a time and is full']]),
};

const key = (text: string, name = text): Key => ({ text, name, ctrl: false });
const special = (name: string): Key => ({ text: undefined, name, ctrl: false });
const draw = (ui: Partial<Ui>, width = 80, height = 24, log: LogPane = NO_LOG) =>
	drawTop(model, { ...FIRST_UI, ...ui }, log, NOW, { ...terminal(width, true), height });

describe('the picture', () => {
	it.each([
		[80, 24],
		[140, 40],
		[40, 10],
		[20, 5],
		[300, 100],
	])('fills a window of %d × %d and no more, in every mode', (width, height) => {
		const log = { ...NO_LOG, id: 'r1', title: 'x', lines: ['y'.repeat(400), 'z'] };
		for (const mode of ['list', 'filter', 'cancel', 'help', 'log'] as const) {
			const { lines } = draw({ mode, selected: 'r1', filter: '' }, width, height, log);
			expect(lines).toHaveLength(height);
			for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(width);
		}
	});

	it('says what runs, what waits and why, and what the daemon takes', () => {
		const text = bare(draw({}, 140, 40).lines).join('\n');
		expect(text).toContain('Semantica 1.2.3 · up 1h · 80 MB · database 12 MB');
		expect(text).toContain('on battery 43%');
		expect(text).toContain('3 running · 1,204 waiting · 1 paused · 2 failed');
		expect(text).toContain('1,190 for a slot · 10 for power · 4 in a paused queue');
		expect(text).toMatch(/default +━+─* 3\/4 +1,200 +1,190 for a slot · 10 for power/);
		expect(text).toMatch(/reports +─+ 0\/4 +4 +paused/);
		expect(text).toMatch(/and \d+ more queues/);
		expect(text).toMatch(/○ queued +\S+ +part 0 .*queue default runs 4 at a time and is full/);
	});

	it('shows titles without what they would do to a terminal', () => {
		const text = draw({}, 140, 40).lines.join('\n');
		expect(text).toContain('evil  title');
		for (const code of ['\u001b[2J', '\u001b]', '\u0007']) expect(text).not.toContain(code);
	});

	it('keeps the selected row in sight, and asks about what is seen alone', () => {
		const { lines, seen, ids } = draw({ selected: 'w40' });
		expect(bare(lines).filter((line) => line.startsWith('> '))).toEqual([
			expect.stringContaining('part 40'),
		]);
		expect(ids).toHaveLength(62);
		expect(seen.length).toBeLessThan(20);
		expect(seen.map(({ id }) => id)).toContain('w40');
	});

	it('says what an empty list means', () => {
		expect(bare(draw({ filter: 'nonsense' }).lines).join()).toContain('No job matches');
	});
});

describe('the bar of what waits', () => {
	it('gives each reason a cell, and fills its width', () => {
		const { style } = terminal(80, false);
		expect(cellWidth(waitingBar({ slot: 100_000, power: 1, held: 1 }, 20, style))).toBe(20);
		expect(waitingBar({}, 20, style)).toBe('');
	});
});

describe('the rows', () => {
	const ids = (choice: Partial<Ui>) =>
		listedJobs(model, { ...FIRST_UI, ...choice }, NOW).map(({ id }) => id);

	it('come running first, then those that wait in turn; what has ended when asked for', () => {
		expect(ids({}).slice(0, 4)).toEqual(['r2', 'r1', 'w0', 'w1']);
		expect(ids({})).not.toContain('f1');
		expect(ids({ ended: true }).at(-1)).toBe('f1');
	});

	it('are sorted as asked', () => {
		expect(ids({ sort: 'priority' })[0]).toBe('w7');
		expect(ids({ sort: 'queue' }).at(-1)).toBe('r2');
		expect(ids({ sort: 'title' }).at(-1)).toBe('r2');
	});

	it('are those that match every word, and the daemon is asked for the same', () => {
		expect(ids({ filter: 'PART 33' })).toEqual(['w33']);
		expect(ids({ filter: 'queue:index' })).toEqual(['r2']);
		expect(ids({ filter: 'state:fail', ended: true })).toEqual(['f1']);
		expect(waitingFilter('queue:a part x group:g state:q')).toEqual({
			state: ['queued'],
			queue: ['a'],
			text: 'part',
			group: 'g',
		});
	});
});

describe('what changes', () => {
	it('a job that starts is no longer among those that wait, and one that goes back is not running', () => {
		const started = withChanges(model, [named('w0', {}, running)], []);
		expect(started.jobs.has('w0')).toBe(true);
		expect(started.waiting.some(({ id }) => id === 'w0')).toBe(false);
		const back = withChanges(started, [named('w0', {})], ['r1']);
		expect([...back.jobs.keys()]).toEqual(['r2', 'f1']);
	});

	it('keeps no more than the newest 200 that have ended', () => {
		const many = Array.from({ length: 500 }, (_, number) =>
			ended('succeeded', { id: `e${number}`, finishedAt: NOW + number }),
		);
		const { jobs } = withChanges(model, many, []);
		expect(jobs.size).toBe(202);
		expect(jobs.has('e499')).toBe(true);
		expect(jobs.has('e0')).toBe(false);
	});
});

describe('speeds', () => {
	const later = (ms: number, more: Partial<typeof counts>, cpuMs: number, startedAt = NOW) =>
		stats({
			at: NOW + ms,
			counts: { ...counts, ...more },
			daemon: { ...stats().daemon, cpuMs, startedAt },
		});

	it('are those of the last ten seconds', () => {
		let state = withStats(EMPTY_MODEL, later(0, {}, 0));
		expect(ratesOf(state.samples)).toBeUndefined();
		state = withStats(state, later(2000, { queued: 1304, succeeded: 60, failed: 4 }, 100));
		expect(ratesOf(state.samples)).toEqual({
			cpu: 0.05,
			enqueuedPerSecond: 61,
			endedPerSecond: 11,
			failedPerSecond: 1,
		});
		state = withStats(state, later(20_000, { queued: 1304, succeeded: 60, failed: 4 }, 100));
		expect(ratesOf(state.samples)).toMatchObject({ cpu: 0, endedPerSecond: 0 });
	});

	it('begin anew with a daemon, and are never negative', () => {
		const before = withStats(EMPTY_MODEL, later(0, {}, 50_000));
		const other = withStats(before, later(1000, {}, 10, NOW + 500));
		expect(ratesOf(other.samples)).toBeUndefined();
		const removed = withStats(before, later(1000, { succeeded: 0 }, 50_000));
		expect(ratesOf(removed.samples)?.endedPerSecond).toBe(0);
	});
});

describe('keys', () => {
	const listed = { ids: ['a', 'b', 'c'], page: 2 };
	const typing = (keys: readonly Key[], ui: Ui = FIRST_UI) => {
		let pressed: ReturnType<typeof press> = { ui };
		for (const one of keys) pressed = press(pressed.ui, one, listed);
		return pressed;
	};

	it('move the selection, and not beyond the ends', () => {
		expect(typing([key('j')]).ui.selected).toBe('b');
		expect(typing([special('end'), special('down')]).ui.selected).toBe('c');
		expect(typing([special('end'), special('pageup')]).ui.selected).toBe('a');
		expect(press(FIRST_UI, key('j'), { ids: [], page: 2 }).ui.selected).toBeUndefined();
	});

	it('cancel only after a yes', () => {
		expect(typing([key('c')])).toEqual({ ui: { ...FIRST_UI, mode: 'cancel', selected: 'a' } });
		expect(typing([key('c'), key('n')]).effect).toBeUndefined();
		expect(typing([key('c'), special('return')]).effect).toBeUndefined();
		expect(typing([key('c'), key('y')]).effect).toEqual({ kind: 'cancel', id: 'a' });
		expect(press(FIRST_UI, key('c'), { ids: [], page: 2 }).ui.mode).toBe('list');
	});

	it('type a filter, in which letters are letters', () => {
		const typed = typing([key('/'), ...[...'qcx'].map((one) => key(one)), special('backspace')]);
		expect(typed.ui).toMatchObject({ mode: 'filter', filter: 'qc' });
		expect(typed.effect).toBeUndefined();
		expect(typing([special('return')], typed.ui).ui).toMatchObject({ mode: 'list', filter: 'qc' });
		expect(typing([special('escape')], typed.ui).ui.filter).toBe('');
	});

	it('leave, from everywhere', () => {
		const ctrlC = { name: 'c', ctrl: true, text: '\u0003' };
		for (const mode of ['list', 'filter', 'cancel', 'help', 'log'] as const) {
			expect(press({ ...FIRST_UI, mode }, ctrlC, listed).effect).toEqual({ kind: 'quit' });
		}
		expect(typing([key('q')]).effect).toEqual({ kind: 'quit' });
		expect(typing([key('l'), key('q')])).toEqual({
			ui: { ...FIRST_UI, selected: 'a', mode: 'list' },
		});
	});
});
