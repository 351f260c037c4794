/** What each tool takes. The list that hosts are shown is made of these when this is built (toolList.constant.ts). */
import * as z from 'zod';
import { JOB_STATES } from '../../../../shared/jobTerms.ts';
import { boundText } from '../../../../shared/wording.ts';
import { ToolError } from './context.ts';

z.config({ customError: boundText });

const jobId = z.string().min(4).max(64);
const seconds = (max: number, standard: number) => z.number().min(0).max(max).default(standard);

export const BOUNDS = {
	waitSeconds: 45,
	longWaitSeconds: 600,
	outputBytes: 32_000,
	jobsPerWait: 20,
	jobsPerCancel: 100,
} as const;

const runJob = z.strictObject({
	command: z
		.union(
			[z.array(z.string()).max(10_000), z.string().min(1)],
			'must be an array of words, or a string with shell: true',
		)
		.describe('argv array; a string only with shell: true'),
	cwd: z.string().min(1).max(4096).describe('absolute folder to run in'),
	shell: z.boolean().default(false),
	wait_seconds: seconds(BOUNDS.waitSeconds, 15).describe('answer at its end, at the latest after'),
	timeout_seconds: z
		.number()
		.min(1)
		.max(30 * 86_400)
		.default(1800)
		.describe('kill a run after'),
	title: z.string().min(1).max(200).optional(),
	tag: z.string().min(1).max(64).optional().describe('to cancel several by'),
	queue: z
		.string()
		.regex(/^[A-Za-z0-9_-]{1,64}$/)
		.optional(),
	subject: z
		.string()
		.min(1)
		.max(512)
		.optional()
		.describe('what it works on; jobs of one subject never run at once'),
	on_newer: z
		.enum(['replace', 'abort', 'queue'])
		.default('replace')
		.describe(
			'older jobs of the subject: drop waiting ones, stop the running one too, or keep all',
		),
	retries: z
		.int()
		.min(0)
		.max(99)
		.default(0)
		.describe('run again when it fails or is interrupted; only what may be repeated'),
	serves: z
		.strictObject({
			line: z.string().min(1).max(500).optional().describe('RE2; ready when its output matches'),
			port: z.int().min(1).max(65_535).optional().describe('or when it listens there'),
			restart: z.boolean().default(false).describe('when it fails, 10 times in a row'),
		})
		.refine(({ line, port }) => (line === undefined) !== (port === undefined), 'give line or port')
		.optional()
		.describe('a server: answered when ready, within timeout_seconds; then no time limit'),
	env: z.record(z.string(), z.string()).optional(),
	key: z.string().min(1).max(100).optional().describe('same key: the same job, not another'),
	start_when: z
		.strictObject({
			mains: z.boolean().optional(),
			idle: z.boolean().optional().describe('nobody uses the machine'),
			event: z.string().min(1).max(128).optional(),
			not_before: z.string().max(64).optional().describe('ISO 8601'),
			after: z.array(jobId).max(100).optional().describe('ids; all must have succeeded'),
		})
		.optional(),
	max_output_bytes: z.int().min(0).max(BOUNDS.outputBytes).default(6000),
});

/** Taken always, and shown where they can be of use (ELSEWHERE_PROPERTIES). */
const machine = z.string().min(1).max(64);
const elsewhere = z.strictObject({
	on: machine.optional().describe('run it on this machine; cwd: the folder it belongs to here'),
	pool: machine.optional().describe('or on a free machine of this pool'),
	place: z
		.enum(['scratch', 'home', 'repo'])
		.optional()
		.describe('there, in an empty folder (default), the home folder, or its checkout of cwd'),
	recipe: machine.optional().describe('what it calls so; command: NAME=VALUE words'),
});

const waitJob = z.strictObject({
	job_ids: z.array(jobId).min(1).max(BOUNDS.jobsPerWait),
	mode: z.enum(['any', 'all']).default('all'),
	timeout_seconds: seconds(BOUNDS.longWaitSeconds, 25).describe(
		'keep below what your host allows a call',
	),
	until: z
		.strictObject({
			pattern: z
				.string()
				.min(1)
				.max(1000)
				.optional()
				.describe('RE2; a line of output, from since_offset on'),
			ready: z.literal(true).optional().describe('jobs that say when they serve'),
		})
		.refine(
			({ pattern, ready }) => (pattern === undefined) !== (ready === undefined),
			'give either pattern or ready',
		)
		.optional()
		.describe('instead of their end'),
	since_offset: z.int().min(0).optional().describe('next_offset of the last answer; one job only'),
});

const getJob = z.strictObject({ job_id: jobId });

const listJobs = z.strictObject({
	state: z.enum([...JOB_STATES, 'open', 'finished']).optional(),
	folder: z
		.string()
		.min(1)
		.max(4096)
		.optional()
		.describe('absolute; as a person opened it, not one in it'),
	text: z.string().min(1).max(200).optional(),
	mine: z.boolean().default(false).describe('only what you started here'),
	limit: z.int().min(1).max(50).default(20),
});

const readLog = z.strictObject({
	job_id: jobId,
	from: z
		.union([z.enum(['tail', 'head']), z.int().min(0)], 'must be tail, head or an offset')
		.default('tail')
		.describe('tail, head, or an offset'),
	max_bytes: z.int().min(100).max(BOUNDS.outputBytes).default(8000),
	grep: z.string().min(1).max(1000).optional().describe('RE2; only lines that match'),
	context: z.int().min(0).max(10).default(0),
	run: z.int().min(1).optional().describe('of a job that ran more than once'),
});

const cancelJob = z
	.strictObject({
		job_ids: z.array(jobId).min(1).max(BOUNDS.jobsPerCancel).optional(),
		tag: z.string().min(1).max(64).optional().describe('all unfinished ones of yours'),
		reason: z.string().max(200).optional(),
	})
	.refine(
		({ job_ids, tag }) => (job_ids === undefined) !== (tag === undefined),
		'give either job_ids or tag',
	);

const searchCode = z.strictObject({
	query: z.string().trim().min(1).max(1000),
	folder: z.string().min(1).max(4096).optional().describe('absolute; else the project'),
	kind: z
		.enum(['words', 'text', 'regex', 'symbols'])
		.default('words')
		.describe('text: as it stands; regex: RE2, by line; symbols: definitions by name'),
	path: z.string().min(1).max(1000).optional().describe('part of the path, or a glob'),
	limit: z.int().min(1).max(30).default(10),
	context_lines: z.int().min(0).max(5).default(0),
	cursor: z.string().max(512).optional(),
});

const indexFolder = z.strictObject({
	folder: z.string().min(1).max(4096).describe('absolute'),
	wait_seconds: seconds(BOUNDS.waitSeconds, 15),
});

export { elsewhere as elsewhereArguments };

export const TOOL_ARGUMENTS = {
	run_job: runJob.extend(elsewhere.shape),
	wait_job: waitJob,
	get_job: getJob,
	list_jobs: listJobs,
	read_log: readLog,
	cancel_job: cancelJob,
	search_code: searchCode,
	index_folder: indexFolder,
} as const;

export type ToolName = keyof typeof TOOL_ARGUMENTS;
export type ToolArguments<N extends ToolName> = z.output<(typeof TOOL_ARGUMENTS)[N]>;

export function isToolName(name: string): name is ToolName {
	return Object.hasOwn(TOOL_ARGUMENTS, name);
}

/** @throws ToolError */
export function toolArguments<N extends ToolName>(name: N, given: unknown): ToolArguments<N> {
	const parsed = TOOL_ARGUMENTS[name].safeParse(given ?? {});
	if (parsed.success) return parsed.data as ToolArguments<N>;
	const problems = parsed.error.issues.slice(0, 5).map(({ path, message }) => {
		const place = path.map(String).join('.');
		return place === '' ? message : `${place}: ${plainly(message)}`;
	});
	throw new ToolError(`${name}: ${problems.join('; ')}.`);
}

function plainly(message: string): string {
	const [, wanted, got] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
	if (wanted === undefined) return message;
	return got === 'undefined' ? `is missing (${wanted})` : `must be ${wanted}, not ${got}`;
}
