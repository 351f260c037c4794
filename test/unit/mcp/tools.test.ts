import { describe, expect, test } from 'vitest';
import { mcpOptions } from '../../../daemon/cli/mcp/options.ts';
import { listsOf } from '../../../daemon/cli/mcp/protocol/identity.ts';
import { TOOL_ARGUMENTS, toolArguments } from '../../../daemon/cli/mcp/tools/arguments.ts';
import { assertOptions, sendingOf } from '../../../daemon/cli/mcp/tools/elsewhere.ts';
import { specOf } from '../../../daemon/cli/mcp/tools/runJob.ts';
import { meantBy } from '../../../daemon/cli/mcp/tools/searchCode.ts';
import { TOOL_LIST } from '../../../daemon/cli/mcp/tools/toolList.constant.ts';
import { jobSpecSchema } from '../../../shared/job.ts';
import type { IndexStatus } from '../../../shared/protocol/indexing.ts';

test('the options are read, and what is no option is left to the command tree', () => {
	expect(mcpOptions([])).toEqual({ readOnly: false, folders: [] });
	expect(mcpOptions(['--read-only', '--folder', '/a', '--folder=/b'])).toEqual({
		readOnly: true,
		folders: ['/a', '/b'],
	});
	for (const wrong of [
		['--help'],
		['--folder'],
		['--folder', '--read-only'],
		['x'],
		['--folder='],
	]) {
		expect(mcpOptions(wrong)).toBeUndefined();
	}
});

describe('the list of tools', () => {
	test('has a description and all four hints of each, and no schema of answers', () => {
		expect(TOOL_LIST.map(({ name }) => name)).toEqual(Object.keys(TOOL_ARGUMENTS));
		for (const tool of TOOL_LIST) {
			expect(Object.keys(tool.annotations)).toHaveLength(4);
			expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
			expect(tool).not.toHaveProperty('outputSchema');
		}
	});

	test('costs a conversation less than 2,000 tokens', () => {
		expect(JSON.stringify(TOOL_LIST).length / 4).toBeLessThan(2000);
	});

	test('says that work may go to other machines only where it may, for 125 tokens more', () => {
		const of = (elsewhere: boolean) => listsOf({ readOnly: false, elsewhere })['tools/list'].tools;
		expect(of(false)).toEqual(TOOL_LIST);
		const [runJob] = of(true);
		expect(Object.keys(runJob?.inputSchema['properties'] ?? {})).toEqual(
			expect.arrayContaining(['command', 'on', 'pool', 'place', 'recipe']),
		);
		const more = JSON.stringify(of(true)).length - JSON.stringify(TOOL_LIST).length;
		expect(more / 4).toBeLessThan(125);
		expect(JSON.stringify(TOOL_LIST)).not.toContain('pool');
	});
});

describe('arguments', () => {
	test('what may be left out has its default', () => {
		expect(toolArguments('run_job', { command: ['true'], cwd: '/' })).toMatchObject({
			wait_seconds: 15,
			timeout_seconds: 1800,
			retries: 0,
			max_output_bytes: 6000,
		});
		expect(toolArguments('list_jobs', undefined)).toEqual({ mine: false, limit: 20 });
	});

	test.each([
		['run_job', {}, /command: .*cwd: is missing \(string\)/],
		['run_job', { command: ['x'], cwd: 5 }, /cwd: must be string, not number/],
		['run_job', { command: 5, cwd: '/' }, /command: must be an array of words/],
		['run_job', { command: ['x'], cwd: '/', nice: 1 }, /nice/],
		['run_job', { command: ['x'], cwd: '/', wait_seconds: 46 }, /wait_seconds: must be at most 45/],
		['wait_job', { job_ids: Array(200).fill('abcd') }, /job_ids: must be at most 20/],
		['wait_job', { job_ids: [] }, /job_ids/],
		['read_log', { job_id: 'abcd', from: 'middle' }, /from: must be tail, head or an offset/],
		['wait_job', { job_ids: ['abcd'], until: {} }, /either pattern or ready/],
		['cancel_job', {}, /either job_ids or tag/],
		['cancel_job', { job_ids: ['abcd'], tag: 'x' }, /either job_ids or tag/],
		['search_code', { query: '  ' }, /query/],
	] as const)('%s refuses %j', (name, given, message) => {
		expect(() => toolArguments(name, given)).toThrow(message);
	});
});

describe('run_job makes a specification', () => {
	const place = { cwd: '/p/sub', after: [], env: { PATH: '/bin' } };
	const spec = (given: object) =>
		specOf(toolArguments('run_job', { cwd: '/p/sub', command: ['npm', 'test'], ...given }), place);

	test('that the daemon takes', () => {
		const made = spec({
			retries: 2,
			subject: 's',
			on_newer: 'queue',
			env: { A: '1' },
			start_when: { mains: true, idle: true, event: 'e', not_before: '2026-03-01T09:00:00Z' },
		});
		expect(jobSpecSchema.parse(made)).toMatchObject({
			command: { command: 'npm', args: ['test'], env: { PATH: '/bin', A: '1' }, shell: false },
			supersede: 'none',
			maxAttempts: 3,
			restartable: true,
			runAt: Date.parse('2026-03-01T09:00:00Z'),
			constraints: { power: 'ac', idle: true, event: 'e', minBattery: 0 },
		});
	});

	test('of a server, which has a time to be ready by, and none to end by', () => {
		const made = spec({ serves: { port: 3000, restart: true }, timeout_seconds: 60 });
		expect(made).not.toHaveProperty('timeoutMs');
		expect(jobSpecSchema.parse(made)).toMatchObject({
			ready: { port: 3000, timeoutMs: 60_000 },
			restart: { policy: 'on-failure', max: 10 },
			restartable: true,
			maxAttempts: 1,
		});
		expect(spec({ serves: { line: 'listening' }, retries: 1 })).toMatchObject({
			ready: { pattern: 'listening', timeoutMs: 1_800_000 },
			maxAttempts: 2,
		});
	});

	test('in which a key is made where none was given, so that a lost answer doubles nothing', () => {
		expect(spec({}).key).not.toBe(spec({}).key);
		expect(spec({ key: 'k' }).key).toBe('k');
	});

	test.each([
		[{ command: 'npm test' }, /Without a shell give its words: \["npm","test"\]/],
		[{ command: ['npm'], shell: true }, /give one string/],
		[{ command: [''] }, /must name a program/],
		[{ serves: { line: 'x', restart: true }, retries: 1 }, /leave one out/],
		[{ serves: {} }, /give line or port/],
		[{ serves: { line: 'x', port: 1 } }, /give line or port/],
		[{ start_when: { not_before: 'tomorrow' } }, /ISO 8601/],
	])('or says what is wrong with %j', (given, message) => {
		expect(() => spec(given)).toThrow(message);
	});
});

test('a search means the innermost index that holds the folder, else that of the project, else the only one', () => {
	const index = (workspace: string) => ({ workspace }) as IndexStatus;
	const [a, b] = [index('file:///a'), index('file:///b')];
	expect(meantBy([a, b], '/b/c', '/a')).toBe(b);
	expect(meantBy([a, b], '/c', '/a')).toBeUndefined();
	expect(meantBy([a, b], undefined, '/a/x')).toBe(a);
	const inner = index('file:///a/x');
	expect(meantBy([a, inner], '/a/x/y', '/b')).toBe(inner);
	expect(meantBy([inner, a], '/a', '/b')).toBe(a);
	expect(meantBy([b], undefined, '/a')).toBe(b);
	expect(meantBy([a, b], undefined, '/c')).toBeUndefined();
});

describe('run_job with another machine', () => {
	const asked = (given: object) =>
		toolArguments('run_job', { cwd: '/p', command: ['npm', 'test'], on: 'box', ...given });

	test('says what travels, and nothing of this machine', () => {
		const args = asked({ env: { Path: '/x', A: '1' }, retries: 1, start_when: { mains: true } });
		const place = { cwd: '/p', after: [], env: { PATH: '/bin' } };
		expect(sendingOf(args, specOf(args, place), '/p')).toEqual({
			on: 'box',
			folder: '/p',
			spec: {
				type: 'command',
				key: expect.stringMatching(/^mcp-/),
				command: { command: 'npm', args: ['test'], env: { A: '1' }, shell: false },
				timeoutMs: 1_800_000,
				maxAttempts: 2,
				restartable: true,
				constraints: { power: 'ac' },
			},
		});
		const recipe = asked({ recipe: 'say', command: ['word=a=b'], place: 'home' });
		expect(sendingOf(recipe, specOf(recipe, place), '/p')).toMatchObject({
			place: 'home',
			recipe: { name: 'say', values: { word: 'a=b' } },
			spec: { type: 'command' },
		});
	});

	test.each([
		[{ pool: 'gpu' }, /either on or pool/],
		[{ tag: 't' }, /tag: it does not go with on or pool/],
		[{ serves: { port: 1 } }, /serves: it does not go/],
		[{ start_when: { event: 'e' } }, /after and event mean this machine/],
		[{ subject: 's' }, /on_newer: .*give "queue"/],
		[{ recipe: 'r', command: 'x', shell: true }, /NAME=VALUE words/],
		[{ on: undefined, place: 'home' }, /place: it goes with on or pool/],
	])('refuses %j, saying what to do', (given, why) => {
		expect(() => assertOptions(asked(given))).toThrow(why);
	});
});
