/** From a client's specification to one that can be committed: everything that may fail or wait, before the group. */
import { realpath, stat } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorMessage, SemanticaError } from '../../../shared/errors.ts';
import type { JobSpec } from '../../../shared/job.ts';
import { answering } from '../../disks/answering.ts';
import { sparesBattery } from '../ports/conditions.ts';
import type { JobHandler, JobHandlers } from '../ports/handlers.ts';
import type { PayloadStore, StoredPayload } from '../ports/payloadStore.ts';
import type { PreparedJob } from '../rules/enqueue.ts';
import { isRestartable } from '../rules/restart.ts';
import {
	type Content,
	type SpecWithContent,
	withContent,
	withFoundContent,
} from './payloadContent.ts';
import { specHash } from './specHash.ts';

/** A job that is acceptable; its payload is not stored yet. */
type CheckedJob = Omit<PreparedJob, 'payload' | 'specHash'> & SpecWithContent;

/**
 * Checks all jobs before it stores the payload of any. Stored payloads stay pinned: whoever gets them
 * releases them. Jobs that need nothing of the disk are ready at once: they come by the thousand.
 * @param sparing which jobs wait while the battery is low, beside what they ask for themselves
 * @throws SemanticaError VALIDATION, TOO_LARGE or STORE, with `data.path` as in `jobs[3].command`.
 */
export function prepareJobs(
	specs: readonly JobSpec[],
	handlers: JobHandlers,
	payloads: PayloadStore,
	sparing: (spec: JobSpec) => boolean,
): PreparedJob[] | Promise<PreparedJob[]> {
	if (specs.some(isOnDisk)) return prepareOnDisk(specs, handlers, payloads, sparing);
	const checked = specs.map((spec, index) => {
		try {
			const handler = handlerOf(spec, handlers);
			return { ...withContent(spec, handler), handler, workspace: '', sparing: sparing(spec) };
		} catch (error) {
			throw ofJob(index, error);
		}
	});
	if (checked.every(({ content }) => content === null)) {
		return checked.map((job) => prepared(job, null));
	}
	return storePayloads(checked, payloads);
}

/**
 * The specification of a schedule: nothing of it is enqueued yet, and no person starts what it begins.
 * @throws SemanticaError as prepareJobs, with `data.path` as in `spec.command`.
 */
export async function prepareScheduled(
	spec: JobSpec,
	handlers: JobHandlers,
	payloads: PayloadStore,
): Promise<PreparedJob> {
	try {
		const [job] = await prepareJobs([spec], handlers, payloads, sparesBattery);
		if (job === undefined) throw new Error('Nothing was prepared.');
		return job;
	} catch (error) {
		if (!(error instanceof SemanticaError) || error.data.path === undefined) throw error;
		const path = error.data.path.replace(/^jobs\[0\]/, 'spec');
		throw new SemanticaError(error.kind, error.message, { ...error.data, path });
	}
}

async function prepareOnDisk(
	specs: readonly JobSpec[],
	handlers: JobHandlers,
	payloads: PayloadStore,
	sparing: (spec: JobSpec) => boolean,
): Promise<PreparedJob[]> {
	const folders = new Map<string, Promise<string>>();
	const checked: CheckedJob[] = [];
	for (const [index, spec] of specs.entries()) {
		try {
			const handler = handlerOf(spec, handlers);
			const workspace = await canonicalOf(spec.workspace ?? null, folders);
			const placed = workspace === '' ? spec : { ...spec, workspace };
			const found = await withFoundContent(placed, handler, payloads);
			checked.push({ ...found, handler, workspace, sparing: sparing(spec) });
		} catch (error) {
			throw ofJob(index, error);
		}
	}
	return storePayloads(checked, payloads);
}

function isOnDisk(spec: JobSpec): boolean {
	return spec.workspace !== undefined || spec.payloadFile !== undefined;
}

async function storePayloads(
	checked: readonly CheckedJob[],
	payloads: PayloadStore,
): Promise<PreparedJob[]> {
	const stored = await Promise.allSettled(
		checked.map(({ content }, index) =>
			content === null ? null : storeOne(index, content, payloads),
		),
	);
	const kept = stored.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : null));
	const failure = stored.find((outcome) => outcome.status === 'rejected');
	if (failure !== undefined) {
		payloads.release(kept.filter((payload) => payload !== null));
		throw failure.reason;
	}
	return checked.map((job, index) => prepared(job, kept[index] ?? null));
}

function prepared(
	{ spec, handler, workspace, sparing }: CheckedJob,
	payload: StoredPayload | null,
): PreparedJob {
	const hash = spec.key === undefined ? null : specHash(spec, workspace, payload);
	return { spec, handler, workspace, sparing, payload, specHash: hash };
}

async function storeOne(
	index: number,
	content: Content,
	payloads: PayloadStore,
): Promise<StoredPayload> {
	try {
		return await payloads.store(content);
	} catch (error) {
		throw ofJob(index, error);
	}
}

/** Adds to an error which job of the request it belongs to. */
function ofJob(index: number, error: unknown): unknown {
	if (!(error instanceof SemanticaError)) return error;
	const inner = error.data.path;
	const path = `jobs[${index}]`;
	return new SemanticaError(error.kind, error.message, {
		...error.data,
		path: inner === undefined ? path : `${path}.${inner}`,
	});
}

/** Who runs the job; refuses what no handler could run. */
function handlerOf(given: JobSpec, handlers: JobHandlers): JobHandler {
	const handler = handlers.get(given.type);
	if (handler === undefined) {
		throw new SemanticaError(
			'VALIDATION',
			`The job type "${given.type}" is unknown. This daemon knows: ${[...handlers.keys()].join(', ')}.`,
			{ path: 'type' },
		);
	}
	refuseImpossible(given, handler);
	if (given.skipIfUnchanged !== undefined && given.type !== 'command') {
		throw new SemanticaError(
			'VALIDATION',
			'Only of a command is known what it depends on: leave skipIfUnchanged out.',
			{ path: 'skipIfUnchanged' },
		);
	}
	if (given.pty === true && given.type !== 'command') {
		throw new SemanticaError('VALIDATION', 'Only a command has a terminal: leave pty out.', {
			path: 'pty',
		});
	}
	if (given.command !== undefined && given.type !== 'command') {
		throw new SemanticaError('VALIDATION', 'Only jobs of type "command" have a command.', {
			path: 'command',
		});
	}
	return handler;
}

function refuseImpossible(spec: JobSpec, handler: JobHandler): void {
	if (spec.onConstraintLost !== 'requeue') return;
	if (isRestartable(spec, handler)) return;
	throw new SemanticaError(
		'VALIDATION',
		'A job that is requeued when its constraint is lost runs again from its beginning, so it must be restartable. ' +
			'Set "restartable": true, or let it pause or finish instead.',
		{ path: 'onConstraintLost' },
	);
}

function canonicalOf(
	workspace: string | null,
	folders: Map<string, Promise<string>>,
): Promise<string> {
	if (workspace === null) return Promise.resolve('');
	let canonical = folders.get(workspace);
	if (canonical === undefined) {
		canonical = canonicalFolder(workspace);
		folders.set(workspace, canonical);
	}
	return canonical;
}

/**
 * The folder's URI with every link resolved, so that one folder has one name.
 * @throws SemanticaError VALIDATION when it is no folder that can be read.
 */
export async function canonicalFolder(workspace: string): Promise<string> {
	const refuse = (why: string) =>
		new SemanticaError('VALIDATION', `The workspace folder ${workspace} ${why}.`, {
			path: 'workspace',
		});
	if (!workspace.startsWith('file:')) throw refuse('is not a file:// URI of a local folder');
	try {
		const named = fileURLToPath(workspace);
		return await answering(named, async () => {
			const path = await realpath(named);
			if (!(await stat(path)).isDirectory()) throw refuse('is not a folder');
			return pathToFileURL(path).href;
		});
	} catch (error) {
		if (error instanceof SemanticaError) throw error;
		throw refuse(`does not exist or cannot be read (${errorMessage(error)})`);
	}
}
