import { describe, expect, test } from 'vitest';
import { type JobSpecInput, jobSpecSchema } from '../../../shared/job.ts';
import { isFinished, JOB_STATES } from '../../../shared/jobTerms.ts';

const job = (more: Record<string, unknown> = {}) => ({ type: 'command', ...more });

function accepts(fields: Record<string, unknown>): void {
	const parsed = jobSpecSchema.safeParse(job(fields));
	expect(parsed.error?.issues ?? [], Object.keys(fields).join()).toEqual([]);
}

function refuses(fields: Record<string, unknown>, path: string): void {
	const parsed = jobSpecSchema.safeParse(job(fields));
	const paths = parsed.error?.issues.map((issue) => issue.path.join('.'));
	expect(paths, Object.keys(fields).join()).toContain(path);
}

/** JSON nested so many levels deep. */
function nested(levels: number): unknown {
	let value: unknown = 'leaf';
	for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { value };
	return value;
}

const HOUR = 3_600_000;
const text = (length: number) => 'x'.repeat(length);
/** A command whose JSON is exactly this long. */
function commandOf(bytes: number) {
	const empty = { command: 'c', args: [''], env: {}, shell: false };
	return { ...empty, args: [text(bytes - JSON.stringify(empty).length)] };
}

describe('numbers, at their bounds and one beyond', () => {
	test.each<[string, number, number | undefined]>([
		['priority', -100, 100],
		['debounceMs', 0, HOUR],
		['maxDelayMs', 0, HOUR],
		['runAt', 0, 8_640_000_000_000_000],
		['ttlMs', 1, Number.MAX_SAFE_INTEGER],
		['deadlineAt', 0, 8_640_000_000_000_000],
		['timeoutMs', 1, Number.MAX_SAFE_INTEGER],
		['maxAttempts', 1, 100],
		['graceMs', 0, 60_000],
	])('%s', (field, min, max) => {
		accepts({ [field]: min });
		accepts({ [field]: max });
		refuses({ [field]: min - 1 }, field);
		refuses({ [field]: Number(max) + 1 }, field);
		refuses({ [field]: min + 0.5 }, field);
		for (const wrong of ['1', null, true, [], Number.NaN, Number.POSITIVE_INFINITY]) {
			refuses({ [field]: wrong }, field);
		}
	});

	test.each<[string, number, number]>([
		['baseMs', 0, 24 * HOUR],
		['factor', 1, 10],
		['maxMs', 0, 24 * HOUR],
		['jitter', 0, 1],
	])('backoff.%s', (field, min, max) => {
		accepts({ backoff: { [field]: min } });
		accepts({ backoff: { [field]: max } });
		refuses({ backoff: { [field]: min - 1 } }, `backoff.${field}`);
		refuses({ backoff: { [field]: max + 1 } }, `backoff.${field}`);
	});

	test('constraints', () => {
		accepts({ constraints: { minBattery: 0 } });
		accepts({ constraints: { minBattery: 100, maxWaitMs: 1, power: 'ac', idle: true } });
		refuses({ constraints: { minBattery: 101 } }, 'constraints.minBattery');
		refuses({ constraints: { minBattery: -1 } }, 'constraints.minBattery');
		refuses({ constraints: { maxWaitMs: 0 } }, 'constraints.maxWaitMs');
		refuses({ constraints: { power: 'solar' } }, 'constraints.power');
		refuses({ constraints: { event: '' } }, 'constraints.event');
		refuses({ constraints: { event: text(129) } }, 'constraints.event');
	});
});

describe('texts, at their bounds and one beyond', () => {
	test.each<[string, number]>([
		['type', 128],
		['title', 200],
		['queue', 64],
		['subject', 512],
		['key', 128],
		['tag', 64],
		['workspace', 4096],
	])('%s', (field, max) => {
		accepts({ [field]: text(1) });
		accepts({ [field]: text(max) });
		refuses({ [field]: '' }, field);
		refuses({ [field]: text(max + 1) }, field);
		refuses({ [field]: 7 }, field);
	});

	test('subject and key are counted in bytes', () => {
		accepts({ subject: 'ü'.repeat(256), key: 'ü'.repeat(64) });
		refuses({ subject: 'ü'.repeat(257) }, 'subject');
		refuses({ key: 'ü'.repeat(65) }, 'key');
	});

	test('NUL has no place where it would cut a C string', () => {
		refuses({ subject: 'a\0b' }, 'subject');
		refuses({ payloadFile: '/a\0b' }, 'payloadFile');
		refuses({ command: { command: 'a\0' } }, 'command.command');
		refuses({ command: { command: 'a', args: ['ok', '\0'] } }, 'command.args.1');
		refuses({ command: { command: 'a', cwd: '/\0' } }, 'command.cwd');
		refuses({ command: { command: 'a', env: { A: '\0' } } }, 'command.env.A');
		refuses({ command: { command: 'a', env: { 'A\0': '' } } }, 'command.env.A\0');
	});

	test('half a character has no form in UTF-8: it would become another one', () => {
		const half = 'a\ud83d';
		for (const field of ['title', 'subject', 'key', 'tag', 'payloadFile']) {
			refuses({ [field]: half }, field);
		}
		refuses({ command: { command: half } }, 'command.command');
		refuses({ command: { command: 'a', args: ['ok', half] } }, 'command.args.1');
		refuses({ command: { command: 'a', cwd: half } }, 'command.cwd');
		refuses({ command: { command: 'a', env: { A: half } } }, 'command.env.A');
		accepts({ title: 'a🙂', command: { command: 'a', args: ['\ufffd'] } });
	});

	test('a deadline does not lie before the first start', () => {
		accepts({ runAt: 1000, deadlineAt: 1000 });
		accepts({ deadlineAt: 1 });
		refuses({ runAt: 1000, deadlineAt: 999 }, 'deadlineAt');
	});

	test('queue names are plain', () => {
		accepts({ queue: 'aZ09_-' });
		for (const queue of ['a b', 'a/b', '../x', 'ü', '*', 'a\n']) refuses({ queue }, 'queue');
	});

	test('ids are UUIDs', () => {
		accepts({ parentId: '018f4d2e-7c3a-7b1e-9f00-0123456789ab' });
		for (const parentId of ['', '7', '018f4d2e7c3a7b1e9f000123456789ab', '../x']) {
			refuses({ parentId }, 'parentId');
		}
	});

	test('choices are from their lists', () => {
		for (const supersede of ['queued', 'abort', 'none']) accepts({ supersede });
		refuses({ supersede: 'all' }, 'supersede');
		for (const onConstraintLost of ['finish', 'pause', 'requeue']) accepts({ onConstraintLost });
		refuses({ onConstraintLost: 'stop' }, 'onConstraintLost');
		accepts({ restartable: true });
		refuses({ restartable: 'yes' }, 'restartable');
	});
});

describe('commands', () => {
	test('need a program; all else has a default', () => {
		const parsed = jobSpecSchema.parse(job({ command: { command: 'make' } }));
		expect(parsed.command).toEqual({ command: 'make', args: [], env: {}, shell: false });
		refuses({ command: { args: [] } }, 'command.command');
		refuses({ command: { command: '' } }, 'command.command');
		refuses({ command: { command: 'a', cwd: '' } }, 'command.cwd');
		refuses({ command: { command: 'a', args: 'x' } }, 'command.args');
		refuses({ command: { command: 'a', args: [1] } }, 'command.args.0');
		refuses({ command: 'make' }, 'command');
	});

	test('are at most 256 KiB as JSON', () => {
		accepts({ command: commandOf(256 * 1024) });
		refuses({ command: commandOf(256 * 1024 + 1) }, 'command');
	});

	test('have variables with names that can be one', () => {
		accepts({ command: { command: 'a', env: { 'A.B-c d': 'x=y', _: '' } } });
		refuses({ command: { command: 'a', env: { 'A=B': '' } } }, 'command.env.A=B');
		refuses({ command: { command: 'a', env: { '': '' } } }, 'command.env.');
		refuses({ command: { command: 'a', env: { A: 1 } } }, 'command.env.A');
	});

	test('cannot reach for a prototype', () => {
		const parsed = jobSpecSchema.parse(
			JSON.parse('{"type":"command","command":{"command":"a","env":{"__proto__":"x"}}}'),
		);
		expect(Object.getPrototypeOf(parsed.command?.env)).toBe(Object.prototype);
	});
});

describe('payloads', () => {
	test('may be any JSON, null included', () => {
		for (const payload of [null, false, 0, '', [], {}, 'text']) {
			expect(jobSpecSchema.parse(job({ payload })).payload).toEqual(payload);
		}
		expect('payload' in jobSpecSchema.parse(job())).toBe(false);
	});

	test('are nested 32 deep at most', () => {
		accepts({ payload: nested(32) });
		refuses({ payload: nested(33) }, 'payload');
	});

	test('cannot exhaust the stack', () => {
		refuses({ payload: nested(200_000) }, 'payload');
	});
});

describe('exit codes to retry on', () => {
	test('are bytes, at most 256 of them', () => {
		accepts({ retryOn: [] });
		accepts({ retryOn: Array.from({ length: 256 }, (_, i) => i) });
		refuses({ retryOn: Array(257).fill(1) }, 'retryOn');
		refuses({ retryOn: [256] }, 'retryOn.0');
		refuses({ retryOn: [0, -1] }, 'retryOn.1');
		refuses({ retryOn: 1 }, 'retryOn');
	});
});

describe('a specification', () => {
	test('needs a type and nothing else', () => {
		expect(jobSpecSchema.parse(job())).toEqual({ type: 'command' });
		expect(jobSpecSchema.safeParse({}).success).toBe(false);
		expect(jobSpecSchema.safeParse([]).success).toBe(false);
		expect(jobSpecSchema.safeParse(null).success).toBe(false);
	});

	test.each<[string, Record<string, unknown>]>([
		['', { colour: 'red' }],
		['command', { command: { command: 'a', stdin: '' } }],
		['backoff', { backoff: { base: 1 } }],
		['constraints', { constraints: { weather: 'fine' } }],
	])('refuses unknown fields in "%s"', (path, fields) => {
		refuses(fields, path);
	});

	test('fills in the whole backoff', () => {
		expect(jobSpecSchema.parse(job({ backoff: {} })).backoff).toEqual({
			baseMs: 1000,
			factor: 2,
			maxMs: 300_000,
			jitter: 0.25,
		});
	});

	test('is what it is typed to be', () => {
		const typed: JobSpecInput = { type: 'command', command: { command: 'true' }, priority: 1 };
		expect(jobSpecSchema.parse(typed)).toMatchObject(typed);
	});
});

test('the end states are all but the three open ones', () => {
	expect(JOB_STATES.filter((state) => !isFinished(state))).toEqual(['queued', 'running', 'paused']);
});
