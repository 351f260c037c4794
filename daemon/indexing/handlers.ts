/** The built-in job types `index.workspace` and `index.files`: what they accept, and the program that does them. */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { SemanticaError } from '../../shared/errors.ts';
import type { JobSpec } from '../../shared/job.ts';
import { daemonArguments } from '../../shared/nodeArguments.ts';
import { indexFilesPayload, indexWorkspacePayload } from '../../shared/protocol/indexing.ts';
import type { JobHandler, LaunchPlan } from '../queue/ports/handlers.ts';
import { folderPath } from './catalogue/location.ts';
import { assertForeign, ownFolder } from './files/scope.ts';
import { filesTitle, titled } from './titles.ts';

export interface IndexHandlerOptions {
	/** The Node, or Electron, that is there to run indexers. */
	readonly node: () => string;
	/** dist/indexer.js. */
	readonly indexerEntry: string;
	/** The data folder, which is never indexed. */
	readonly home: string;
}

const DEFAULTS = { queue: 'index', maxAttempts: 3, restartable: true } as const;
/** Below everything a person waits for. */
const NICE = 10;
const SUBJECT_BYTES = 512;

export function createIndexHandlers(options: IndexHandlerOptions): JobHandler[] {
	const own = ownFolder(options.home);
	return [
		{
			type: 'index.workspace',
			defaults: DEFAULTS,
			prepare: (spec) => prepareWorkspace(spec, own),
			launch: nothingToLaunch,
		},
		{
			type: 'index.files',
			defaults: DEFAULTS,
			prepare: (spec) => prepareFiles(spec, own),
			launch: nothingToLaunch,
		},
	];
}

/** Workers of ours do them. */
function nothingToLaunch(): LaunchPlan {
	throw new Error('Index jobs are handed to indexers.');
}

/** The program that does index jobs, one after the other. */
export function indexerPlan({
	node,
	indexerEntry,
}: Pick<IndexHandlerOptions, 'node' | 'indexerEntry'>): LaunchPlan {
	const program = node();
	return {
		command: program,
		args: [...daemonArguments(program), indexerEntry, 'serve'],
		cwd: dirname(indexerEntry),
		// Where the program is Electron, this makes a Node of it.
		env: { ELECTRON_RUN_AS_NODE: '1' },
		nice: NICE,
	};
}

function prepareWorkspace(spec: JobSpec, own: string): JobSpec {
	const workspace = required(spec.workspace);
	const folder = folderPath(workspace);
	assertForeign(folder, own);
	return {
		...spec,
		payload: parse(indexWorkspacePayload, spec.payload ?? {}),
		subject: spec.subject ?? subjectOf(workspace),
		title: spec.title ?? titled(`Index ${basename(folder) || folder}`),
	};
}

function prepareFiles(spec: JobSpec, own: string): JobSpec {
	const folder = folderPath(required(spec.workspace));
	assertForeign(folder, own);
	const payload = parse(indexFilesPayload, spec.payload);
	for (const [index, file] of payload.files.entries()) {
		if (!isRelative(file)) {
			throw new SemanticaError(
				'VALIDATION',
				`"${file}" is not a path inside the workspace. Give it relative to the folder, with forward slashes, like src/main.ts.`,
				{ path: `payload.files[${index}]` },
			);
		}
	}
	const [file] = payload.files;
	// Only a file that is alone can be superseded by a later save of itself.
	const subject =
		payload.files.length === 1 && file !== undefined ? subjectOf(fileUri(folder, file)) : undefined;
	return {
		...spec,
		payload,
		...(spec.subject === undefined && subject !== undefined ? { subject } : {}),
		title: spec.title ?? filesTitle(payload.files),
	};
}

function required(workspace: string | null | undefined): string {
	if (workspace == null) {
		throw new SemanticaError(
			'VALIDATION',
			'An index job needs the folder it is about: give its workspace.',
			{
				path: 'workspace',
			},
		);
	}
	return workspace;
}

function parse<T extends z.ZodType>(schema: T, payload: unknown): z.output<T> {
	const result = schema.safeParse(payload);
	if (result.success) return result.data;
	const issue = result.error.issues[0];
	const path = (issue?.path ?? []).reduce<string>(
		(at, key) => (typeof key === 'number' ? `${at}[${key}]` : `${at}.${String(key)}`),
		'payload',
	);
	throw new SemanticaError('VALIDATION', `${path}: ${issue?.message ?? 'is not valid'}`, { path });
}

/**
 * Whether a path stays inside the folder by its letters alone: what links lead to is checked when
 * it is read.
 */
export function isRelative(path: string): boolean {
	if (path.includes('\0') || (process.platform === 'win32' && /[\\:]/.test(path))) return false;
	return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}

const fileUri = (folder: string, file: string): string => pathToFileURL(`${folder}/${file}`).href;

/** Subjects are bounded; of a longer URI a hash says as well that two jobs are about the same. */
function subjectOf(uri: string): string {
	if (Buffer.byteLength(uri) <= SUBJECT_BYTES) return uri;
	return `sha256:${createHash('sha256').update(uri).digest('hex')}`;
}
