/** A file of jobs on its way to the daemon, in as many requests as it takes. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ZodError } from 'zod';
import { type DaemonConnection, isResponseError } from '../../../shared/client/connection.ts';
import { errorMessage } from '../../../shared/errors.ts';
import type { JobSpec, JobSpecInput } from '../../../shared/job.ts';
import { LIMITS } from '../../../shared/jobTerms.ts';
import type { ParamsInput, Result } from '../../../shared/protocol/requests.ts';
import { shellSurroundings } from '../../../shared/surroundings.ts';
import { connectOrStart } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError, describeFailure, usageError } from '../errors.ts';
import { ownPath } from '../parse/environment.ts';
import { decodeJobs, parseJobs, type ReadJob } from '../parse/jobsFile.ts';
import { withoutNames } from '../parse/names.ts';
import { plural } from '../render/format.ts';
import { newKey, submit } from '../submit.ts';

/** Which machine, or whichever of a pool; and the folder there. */
export type Target = Pick<ParamsInput<'fleet/submit'>['jobs'][number], 'on' | 'pool' | 'place'>;
export type KeyedSpec = JobSpecInput & { readonly key: string };
type Answer = Result<'job/enqueue'>;

/** Bytes of JSON that one request may carry, well below what the daemon accepts as a frame. */
const REQUEST_BYTES = 24 * 1024 * 1024;

export interface EnqueuedFile {
	readonly jobs: Answer['jobs'];
	/** Still open: for following what was enqueued. */
	readonly connection: DaemonConnection;
}

/** @throws CliError */
export async function readJobs(context: Context, file: string): Promise<ReadJob[]> {
	return withoutNames(parseJobs(decodeJobs(await readInput(context, file))));
}

/** @throws CliError which says where in the file, and what was enqueued before */
export async function enqueueAll(
	context: Context,
	specs: readonly KeyedSpec[],
	read: readonly ReadJob[],
	key: string | undefined,
): Promise<EnqueuedFile> {
	const done: Answer['jobs'] = [];
	let open: DaemonConnection | undefined;
	try {
		for (const batch of await batches(specs)) {
			const { connection, answer } = await submit(context.daemon, inRequest(batch, done), { open });
			open = connection;
			done.push(...answer.jobs);
		}
	} catch (error) {
		open?.dispose();
		throw explainRefusal(error, read, done.length, key);
	}
	if (open === undefined) throw new CliError('There is no job in the input.');
	return { jobs: done, connection: open };
}

/** The same for jobs that another machine runs: the daemon keeps them until the shared queue has them. */
export async function submitAll(
	context: Context,
	specs: readonly KeyedSpec[],
	read: readonly ReadJob[],
	{ key, target }: { readonly key: string | undefined; readonly target: Target },
): Promise<EnqueuedFile> {
	const done: Answer['jobs'] = [];
	const connection = await connectOrStart(context.daemon);
	try {
		for (const batch of await batches(specs)) {
			const jobs = batch.map((spec) => ({ ...target, spec }));
			done.push(...(await connection.request('fleet/submit', { jobs })).jobs);
		}
	} catch (error) {
		connection.dispose();
		throw explainRefusal(error, read, done.length, key);
	}
	return { jobs: done, connection };
}

async function readInput(context: Context, file: string): Promise<Buffer> {
	if (file === '-') return buffer(context.stdin);
	return readFile(resolve(context.cwd(), file)).catch((error: unknown) => {
		throw new CliError(`Cannot read the jobs: ${errorMessage(error)}.`);
	});
}

// Loaded here alone: the schemas would make every other command start more slowly.
export async function checkJobs(
	context: Context,
	jobs: readonly ReadJob[],
	key: string | undefined,
	{ here = true }: { readonly here?: boolean } = {},
): Promise<KeyedSpec[]> {
	const { jobSpecSchema } = await import('../../../shared/job.ts');
	const prefix = key ?? newKey();
	return jobs.map(({ spec, place, payloadText }, index) => {
		const completed = {
			key: `${prefix}-${index + 1}`,
			...(here ? withShell(context, spec) : spec),
		};
		const parsed = jobSpecSchema.safeParse(completed);
		if (!parsed.success) throw usageError(`In ${place}: ${firstProblem(parsed.error)}`);
		refuseLater(parsed.data.after, index, jobs);
		// The text of a payload says more than its value: digits beyond a double, −0, the order of names.
		const exact = spec['type'] === 'command' && payloadText !== undefined;
		return (exact ? { ...completed, payload: payloadText } : completed) as unknown as KeyedSpec;
	});
}

/** A job waits only for jobs before it, so that none waits for itself. */
function refuseLater(after: JobSpec['after'], own: number, jobs: readonly ReadJob[]): void {
	for (const [n, { index }] of (after ?? []).entries()) {
		if (index === undefined || index < own) continue;
		const named = jobs[index]?.place ?? `job ${index}, which the file does not have`;
		throw usageError(
			`In ${jobs[own]?.place}: after.${n}.index: names ${named}, and a job waits only for jobs before it. Put that one first.`,
		);
	}
}

/** What counts within the file, as it counts within one of several requests. */
function inRequest(batch: readonly KeyedSpec[], done: Answer['jobs']): KeyedSpec[] {
	if (done.length === 0) return [...batch];
	return batch.map((spec) => {
		if (spec.after === undefined) return spec;
		const after = spec.after.map((one) => {
			if (one.index === undefined) return one;
			const { index, ...rest } = one;
			const id = done[index]?.id;
			return id === undefined ? { ...rest, index: index - done.length } : { ...rest, id };
		});
		return { ...spec, after };
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
	const cwd =
		typeof given['cwd'] === 'string' ? resolve(context.cwd(), given['cwd']) : context.cwd();
	const env = given['env'] === undefined ? {} : given['env'];
	const isEnv = typeof env === 'object' && env !== null && !Array.isArray(env);
	return {
		surroundings: shellSurroundings(context.env),
		...spec,
		command: { ...given, cwd, env: isEnv ? { ...ownPath(context.env), ...env } : env },
	};
}

async function batches(specs: readonly KeyedSpec[]): Promise<KeyedSpec[][]> {
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
	key: string | undefined,
): unknown {
	if (!isResponseError(error)) return error;
	const index = /^jobs\[(\d+)\]/.exec(error.data?.path ?? '')?.[1];
	const place = index === undefined ? undefined : jobs[sent + Number(index)]?.place;
	const { message, exitCode } = describeFailure(error);
	const what = place === undefined ? message : `In ${place}: ${message}`;
	if (sent === 0) return new CliError(`${what} Nothing was enqueued.`, exitCode);
	const again =
		key === undefined
			? 'Leave them out before you run it again.'
			: 'Run the same command again after a correction: they are not doubled.';
	return new CliError(
		`${what} The ${plural(sent, 'job')} before this request ${sent === 1 ? 'is' : 'are'} enqueued. ${again}`,
		exitCode,
	);
}
