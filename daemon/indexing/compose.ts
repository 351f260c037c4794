/** The indexing room put together: the built-in `index.*` jobs, and what is asked of the indexes they built. */
import { join } from 'node:path';
import type { DataPaths } from '../../shared/paths.ts';
import { ownLockedFiles } from '../disks/lockedFiles.ts';
import type { JobHandler, LaunchPlan } from '../queue/ports/handlers.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { Feed } from '../queue/views/feed.ts';
import { createIndexHandlers, indexerPlan } from './handlers.ts';
import { createInputHashing, type InputHashing } from './inputs/service.ts';
import { type MeaningConfig, openMeaningEntries } from './meaning/agreed.ts';
import { MEANING_TYPE, meaningHandler } from './meaning/handler.ts';
import {
	createMeaningRequests,
	type MeaningOptions,
	type MeaningRequests,
} from './meaning/requests.ts';
import { createIndexService, type IndexService } from './service.ts';

export interface IndexingOptions {
	readonly paths: DataPaths;
	/** Where the bundles of this build stand. */
	readonly dist: string;
	readonly nativeFolder: string;
	readonly jobs: JobRequests;
	readonly feed: Pick<Feed, 'onEffects'>;
	/** Of the search by meaning. */
	readonly meaning: Pick<MeaningOptions, 'enqueue'> & { readonly config: MeaningConfig };
	readonly warn: (sentence: string) => void;
	/** The Node, or Electron, that is there to run indexers and the searcher. */
	readonly node: () => string;
}

export interface Indexing {
	readonly handlers: readonly JobHandler[];
	readonly service: IndexService;
	readonly meaning: MeaningRequests;
	/** For jobs that need not run where nothing changed. */
	readonly inputs: InputHashing;
	/** The program that does index jobs. */
	indexer(): LaunchPlan;
}

/** Jobs that write to the index of a folder, or to what belongs to it. */
const WRITERS = ['index.workspace', 'index.files', MEANING_TYPE];
const UNFINISHED = ['queued', 'running', 'paused'] as const;

export function createIndexing(options: IndexingOptions): Indexing {
	const { paths, dist, nativeFolder, jobs, feed, node, warn } = options;
	const { config, enqueue } = options.meaning;
	const indexerEntry = join(dist, 'indexer.js');
	const isAny = (workspace: string, type: string[]): boolean =>
		jobs.list({
			filter: { workspace, type, state: [...UNFINISHED] },
			sort: '-createdAt',
			limit: 1,
		}).jobs.length > 0;
	const service = createIndexService({
		paths,
		nativeFolder,
		node,
		searcherEntry: join(dist, 'searcher.js'),
		isBusy: (workspace) => isAny(workspace, WRITERS),
	});
	const meaning = createMeaningRequests({
		paths,
		entries: openMeaningEntries(config, paths.secrets),
		enqueue,
		plan: service.meaningCost,
		async endJobs(workspace) {
			const type = [MEANING_TYPE];
			await jobs.cancel({ filter: { workspace, type, state: [...UNFINISHED] } });
			if (!isAny(workspace, type)) return;
			await new Promise<void>((resolve) => {
				const stop = feed.onEffects(({ ended }) => {
					if (ended.length === 0 || isAny(workspace, type)) return;
					stop();
					resolve();
				});
			});
		},
		find: (ids) => jobs.find(ids, Number.POSITIVE_INFINITY).jobs,
		onEnded: (listener) =>
			void feed.onEffects(({ ended }) => {
				if (ended.length > 0) listener(ended);
			}),
		warn,
	});
	return {
		indexer: () => indexerPlan({ node, indexerEntry }),
		handlers: [...createIndexHandlers({ node, indexerEntry, home: paths.home }), meaningHandler],
		inputs: createInputHashing(join(dist, 'inputs.js'), { locked: ownLockedFiles(paths) }),
		service: {
			...service,
			async delete(params) {
				const answer = await service.delete(params);
				// Whoever indexes the folder again is asked again.
				if (answer.deleted) await meaning.off({ ...params, deleteVectors: true });
				return answer;
			},
		},
		meaning,
	};
}
