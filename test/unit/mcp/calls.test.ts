import { expect, test } from 'vitest';
import { createToldQuestions } from '../../../daemon/cli/mcp/answers/question.ts';
import { toolArguments } from '../../../daemon/cli/mcp/tools/arguments.ts';
import { cancelJob } from '../../../daemon/cli/mcp/tools/cancelJob.ts';
import type { ToolContext } from '../../../daemon/cli/mcp/tools/context.ts';
import { listJobs } from '../../../daemon/cli/mcp/tools/listJobs.ts';
import { readLog } from '../../../daemon/cli/mcp/tools/readLog.ts';
import { runJob } from '../../../daemon/cli/mcp/tools/runJob.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import { job, NOW } from '../cli/samples.ts';

const { id } = job();

/** Of a daemon that answers so. */
function contextOf(answers: Record<string, (params: never) => unknown>): ToolContext {
	const request = async (method: string, params: unknown) => answers[method]?.(params as never);
	return {
		link: { request, origin: async () => 'mcp/test' } as unknown as ToolContext['link'],
		env: {},
		root: '/',
		signal: new AbortController().signal,
		progress: undefined,
		wantsTask: false,
		questions: createToldQuestions(),
		elicits: false,
		now: () => NOW,
	};
}

test('every line that matches is on one of the pages, however few bytes one takes', async () => {
	const lines = Array.from({ length: 250 }, (_, n) => ({
		offset: n * 100,
		line: n + 1,
		text: `match ${n} ${'x'.repeat(n === 120 ? 2000 : 80)}`,
		before: [],
		after: [],
	}));
	const context = contextOf({
		'job/get': () => ({ job: job() }),
		'log/search': ({ from = 0, limit = 50 }: ParamsInput<'log/search'>) => {
			const left = lines.filter(({ offset }) => offset >= from);
			const matches = left.slice(0, limit);
			const scannedTo = (matches.at(-1)?.offset ?? from) + 100;
			return { matches, scannedTo, truncated: left.length > limit };
		},
	});
	const seen: string[] = [];
	for (let from: number | undefined = 0; from !== undefined; ) {
		const args = toolArguments('read_log', { job_id: id, grep: 'match', max_bytes: 1000, from });
		const { text } = await readLog(args, context);
		seen.push(...(text.match(/match \d+/g) ?? []));
		const next: string | undefined = /"from": (\d+)/.exec(text)?.[1];
		from = next === undefined ? undefined : Number(next);
		if (from === undefined) expect(text).toMatch(/\nThese are all\.$/);
	}
	expect(seen).toEqual(lines.map((_, n) => `match ${n}`));
});

test.each([
	['that the model gave', { key: 'mine' }, true],
	['that was made for the call', {}, false],
])('a job that was there under a key %s: whether that is said', async (_, key, isSaid) => {
	const context = contextOf({
		'job/enqueue': () => ({ jobs: [{ id, existing: true, superseded: [] }] }),
		'job/wait': () => ({ jobs: [job({ state: 'succeeded' })], satisfied: true }),
	});
	const { text } = await runJob(
		toolArguments('run_job', { command: ['true'], cwd: '/', ...key }),
		context,
	);
	expect(text.includes('nothing new was started')).toBe(isSaid);
});

test('after many were cancelled it names a wait that wait_job takes', async () => {
	const ids = Array.from({ length: 100 }, (_, n) => id.slice(0, -2) + `${n}`.padStart(2, '0'));
	const context = contextOf({ 'job/cancel': () => ({ count: 100, skipped: [], skippedCount: 0 }) });
	const { text } = await cancelJob(toolArguments('cancel_job', { job_ids: ids }), context);
	const [, given = ''] = /wait_job (\{.*\})/.exec(text) ?? [];
	expect(toolArguments('wait_job', JSON.parse(given)).job_ids).toEqual(ids.slice(0, 20));
});

test('where a folder has no jobs it is said that those around it may have', async () => {
	const context = contextOf({
		'job/list': () => ({ jobs: [], nextCursor: null, total: { value: 0, exact: true } }),
		'queue/list': () => ({ global: { running: 0, concurrency: 2, paused: false }, queues: [] }),
	});
	const list = async (given: object) =>
		(await listJobs(toolArguments('list_jobs', given), context)).text;
	expect(await list({ folder: '/' })).toMatch(/No such jobs\.\nNext: without folder, /);
	expect(await list({})).toMatch(/No such jobs\.\nNext: nothing to look at\.$/);
});
