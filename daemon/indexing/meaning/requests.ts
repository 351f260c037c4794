/** What a person asks of the search by meaning, and the jobs that follow from it. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SemanticaError } from '../../../shared/errors.ts';
import type { Job, JobSpec } from '../../../shared/job.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import type { MeaningCost } from '../../../shared/protocol/meaning.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { canonicalFolder } from '../../queue/intake/prepare.ts';
import { folderPath, indexFolder } from '../catalogue/location.ts';
import type { MeaningEntries } from './agreed.ts';
import { readEndpoint } from './endpoint.ts';
import { MEANING_TYPE } from './handler.ts';
import { isThere, makeFolder, meaningFolder } from './segmentFiles.ts';

export interface MeaningOptions {
	readonly paths: DataPaths;
	readonly entries: MeaningEntries;
	/** @throws SemanticaError NOT_FOUND for a folder that is not indexed. */
	readonly plan: (asked: { workspace: string; model: string }) => Promise<MeaningCost>;
	/** @returns The id of the job. */
	readonly enqueue: (spec: JobSpec) => Promise<string>;
	/** Ends those of a folder, and resolves when none is left. */
	readonly endJobs: (workspace: string) => Promise<void>;
	readonly find: (ids: readonly string[]) => readonly Job[];
	/** After each commit, the jobs that have ended with it. */
	readonly onEnded: (listener: (ids: readonly string[]) => void) => void;
	readonly warn: (sentence: string) => void;
}

export interface MeaningRequests {
	plan(params: Params<'meaning/plan'>): Promise<Result<'meaning/plan'>>;
	on(params: Params<'meaning/on'>): Promise<Result<'meaning/on'>>;
	off(params: Params<'meaning/off'>): Promise<Result<'meaning/off'>>;
}

/** A burst of saves is embedded at once. */
const DEBOUNCE_MS = 2000;
const AT_ANY_CHARGE = { power: 'any', idle: false, minBattery: 0 } as const;

export function createMeaningRequests(options: MeaningOptions): MeaningRequests {
	const { paths, entries } = options;

	/** @throws SemanticaError VALIDATION, NOT_FOUND */
	async function meant({ workspace, endpoint, model }: Params<'meaning/plan'>) {
		const folder = await canonicalFolder(workspace);
		const { url, origin } = readEndpoint(endpoint);
		return { folder, url, consent: { root: folderPath(folder), origin, model } };
	}

	const jobFor = (workspace: string, more: Partial<JobSpec>): JobSpec => ({
		type: MEANING_TYPE,
		workspace,
		subject: subjectOf(workspace),
		...more,
	});

	/** What was indexed is embedded, where a person has agreed. A parent ends after its shards, and they say nothing. */
	function afterIndexing(ids: readonly string[]): void {
		if (entries.all.length === 0) return;
		const folders = new Set<string>();
		for (const { type, state, parentId, workspace } of options.find(ids)) {
			const isIndexing = type === 'index.workspace' || (type === 'index.files' && !parentId);
			if (isIndexing && state === 'succeeded' && workspace != null) folders.add(workspace);
		}
		for (const workspace of folders) {
			const root = folderPath(workspace);
			if (!entries.all.some((entry) => entry.root === root)) continue;
			options
				.enqueue(jobFor(workspace, { debounceMs: DEBOUNCE_MS }))
				.catch((error: unknown) =>
					options.warn(`${basename(root)} is not embedded after it was indexed: ${error}`),
				);
		}
	}
	options.onEnded(afterIndexing);

	return {
		async plan(params) {
			const { folder, url, consent } = await meant(params);
			const cost = await options.plan({ workspace: folder, model: params.model });
			return { consent, url, cost };
		},
		async on(params) {
			const { folder, consent } = await meant(params);
			const { root, origin, model } = consent;
			const said = params.consent;
			if (said.root !== root || said.origin !== origin || said.model !== model) {
				throw new SemanticaError(
					'CONFLICT',
					`What was agreed to is ${said.root}, ${said.origin} and "${said.model}"; meant is ${root}, ${origin} and "${model}". Ask again.`,
					{ path: 'consent' },
				);
			}
			const index = indexFolder(paths, folder);
			if (!isThere(index)) throw notIndexed(root);
			makeFolder(meaningFolder(index));
			entries.put({ root, endpoint: params.endpoint, model, consent }, params.key);
			// Begun by hand, so at any charge.
			return { job: await options.enqueue(jobFor(folder, { constraints: AT_ANY_CHARGE })) };
		},
		async off({ workspace, deleteVectors }) {
			// The folder itself may be gone.
			const folder = await canonicalFolder(workspace).catch(
				() => pathToFileURL(folderPath(workspace)).href,
			);
			const wasOn = entries.remove(folderPath(folder));
			await options.endJobs(folder);
			const vectors = meaningFolder(indexFolder(paths, folder));
			const deleted = deleteVectors && isThere(vectors);
			if (deleted) await rm(vectors, { recursive: true, force: true, maxRetries: 10 });
			return { wasOn, deleted };
		},
	};
}

const SUBJECT_BYTES = 512;

/** Where the URI is too long for one, its hash in the name of the index says it. */
function subjectOf(workspace: string): string {
	return workspace.length <= SUBJECT_BYTES
		? workspace
		: basename(indexFolder({ indexes: '' } as DataPaths, workspace));
}

function notIndexed(root: string): SemanticaError {
	return new SemanticaError(
		'NOT_FOUND',
		`${root} is not indexed yet. Run \`semantica index ${root}\` first.`,
		{ path: 'workspace' },
	);
}
