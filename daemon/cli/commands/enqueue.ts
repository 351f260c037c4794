import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { ZodError } from 'zod';
import { type DaemonConnection, isResponseError } from '../../../shared/client/connection.ts';
import { errorMessage } from '../../../shared/errors.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import type { Context } from '../context.ts';
import { CliError, describeFailure, usageError } from '../errors.ts';
import { ownPath } from '../parse/environment.ts';
import { parseJobs, type ReadJob } from '../parse/jobsFile.ts';
import { formatCount, plural } from '../render/format.ts';
import { newKey, submit } from '../submit.ts';
import { examples, JSON_OPTION } from './help.ts';

interface Options {
	readonly key?: string;
	readonly json?: boolean;
}

type KeyedSpec = JobSpecInput & { readonly key: string };
type Answer = Result<'job/enqueue'>;

/** Bytes of JSON that one request may carry, well below what the daemon accepts as a frame. */
const REQUEST_BYTES = 24 * 1024 * 1024;

export function addEnqueueCommand(program: Command, context: Context): void {
	program
		.command('enqueue')
		.summary('enqueue jobs from a JSON file')
		.description(
			'Enqueues the jobs of a file: one job, an array, {"jobs": [...]} or one job per line. ' +
				'All are checked before the first is sent. Up to 1,000 are enqueued all or none; more go in several ' +
				'requests, and if one of these is refused the message says how many jobs were enqueued before. ' +
				'Give --key, correct the file and run the same command again: what is enqueued already is not doubled.',
		)
		.argument('<file>', 'a file, or - for standard input')
		.option('--key <text>', 'gives job N without a key of its own the key <text>-N')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica enqueue jobs.json', 'from a file'],
				['./make-jobs | semantica enqueue -', 'one JSON object per line'],
				['semantica enqueue --key import-7 jobs.jsonl', 'safe to repeat'],
			),
		)
		.addHelpText(
			'after',
			`
A job:
  {"type": "command", "title": "Say hello", "priority": 10,
   "command": {"command": "echo", "args": ["hello"]}}

A command without "cwd" or PATH gets those of this shell.`,
		)
		.action((file: string, options: Options) => enqueue(context, file, options));
}

async function enqueue(context: Context, file: string, options: Options): Promise<void> {
	const read = parseJobs(await readInput(context, file));
	const specs = await check(context, read, options);
	const done: Answer['jobs'] = [];
	let connection: DaemonConnection | undefined;
	try {
		for (const batch of await batches(specs)) {
			const submission = await submit(context.daemon, batch, connection);
			connection = submission.connection;
			done.push(...submission.answer.jobs);
		}
	} catch (error) {
		throw explainRefusal(error, read, done.length, options);
	} finally {
		connection?.dispose();
	}
	if (options.json) context.out.json({ jobs: done });
	else {
		context.out.lines(done.map((job) => job.id));
		if (context.err.stream.isTTY) context.err.say(summary(done), context.err.style.dim);
	}
}

function summary(done: Answer['jobs']): string {
	const existing = done.filter((job) => job.existing).length;
	const text = `${plural(done.length - existing, 'job')} enqueued.`;
	return existing === 0 ? text : `${text} ${formatCount(existing)} existed already.`;
}

async function readInput(context: Context, file: string): Promise<string> {
	if (file === '-') return text(context.stdin);
	return readFile(resolve(context.cwd, file), 'utf8').catch((error: unknown) => {
		throw new CliError(`Cannot read the jobs: ${errorMessage(error)}.`);
	});
}

// Loaded here alone: the schemas would make every other command start more slowly.
async function check(
	context: Context,
	jobs: readonly ReadJob[],
	options: Options,
): Promise<KeyedSpec[]> {
	const { jobSpecSchema } = await import('../../../shared/job.ts');
	const prefix = options.key ?? newKey();
	return jobs.map(({ spec, place }, index) => {
		const completed = { key: `${prefix}-${index + 1}`, ...withShell(context, spec) };
		const parsed = jobSpecSchema.safeParse(completed);
		if (!parsed.success) throw usageError(`In ${place}: ${firstProblem(parsed.error)}`);
		return completed as unknown as KeyedSpec;
	});
}

function firstProblem(error: ZodError): string {
	const [issue] = error.issues;
	if (issue === undefined) return error.message;
	const path = issue.path.map(String).join('.');
	return path === '' ? issue.message : `${path}: ${issue.message}`;
}

function withShell(context: Context, spec: Record<string, unknown>): Record<string, unknown> {
	const { command } = spec;
	if (typeof command !== 'object' || command === null || Array.isArray(command)) return spec;
	const given = command as Record<string, unknown>;
	const cwd = typeof given['cwd'] === 'string' ? resolve(context.cwd, given['cwd']) : context.cwd;
	const env = given['env'] === undefined ? {} : given['env'];
	const isEnv = typeof env === 'object' && env !== null && !Array.isArray(env);
	return {
		...spec,
		command: { ...given, cwd, env: isEnv ? { ...ownPath(context.env), ...env } : env },
	};
}

async function batches(specs: readonly KeyedSpec[]): Promise<KeyedSpec[][]> {
	const { LIMITS } = await import('../../../shared/job.ts');
	const result: KeyedSpec[][] = [];
	let current: KeyedSpec[] = [];
	let bytes = 0;
	for (const spec of specs) {
		const size = Buffer.byteLength(JSON.stringify(spec));
		if (current.length === LIMITS.jobsPerRequest || (bytes + size > REQUEST_BYTES && bytes > 0)) {
			result.push(current);
			current = [];
			bytes = 0;
		}
		current.push(spec);
		bytes += size;
	}
	result.push(current);
	return result;
}

/** The daemon counts within one request; a person counts in the file. */
function explainRefusal(
	error: unknown,
	jobs: readonly ReadJob[],
	sent: number,
	options: Options,
): unknown {
	if (!isResponseError(error)) return error;
	const index = /^jobs\[(\d+)\]/.exec(error.data?.path ?? '')?.[1];
	const place = index === undefined ? undefined : jobs[sent + Number(index)]?.place;
	const { message, exitCode } = describeFailure(error);
	const what = place === undefined ? message : `In ${place}: ${message}`;
	if (sent === 0) return new CliError(`${what} Nothing was enqueued.`, exitCode);
	const again =
		options.key === undefined
			? 'Leave them out before you run it again.'
			: 'Run the same command again after a correction: they are not doubled.';
	return new CliError(
		`${what} The ${plural(sent, 'job')} before this request ${sent === 1 ? 'is' : 'are'} enqueued. ${again}`,
		exitCode,
	);
}
