/** The indexing room put together: the built-in `index.*` jobs, and what is asked of the indexes they built. */
import { join } from 'node:path';
import type { DataPaths } from '../../shared/paths.ts';
import type { JobHandler, LaunchPlan } from '../queue/ports/handlers.ts';
import type { JobRequests } from '../queue/requests.ts';
import { createIndexHandlers, indexerPlan } from './handlers.ts';
import { createInputHashing, type InputHashing } from './inputs/service.ts';
import { createIndexService, type IndexService } from './service.ts';

export interface IndexingOptions {
	readonly paths: DataPaths;
	/** Where the bundles of this build stand. */
	readonly dist: string;
	readonly nativeFolder: string;
	readonly jobs: JobRequests;
	/** The Node, or Electron, that is there to run indexers and the searcher. */
	readonly node: () => string;
}

export interface Indexing {
	readonly handlers: readonly JobHandler[];
	readonly service: IndexService;
	/** For jobs that need not run where nothing changed. */
	readonly inputs: InputHashing;
	/** The program that does index jobs. */
	indexer(): LaunchPlan;
}

export function createIndexing({
	paths,
	dist,
	nativeFolder,
	jobs,
	node,
}: IndexingOptions): Indexing {
	const indexerEntry = join(dist, 'indexer.js');
	return {
		indexer: () => indexerPlan({ node, indexerEntry }),
		handlers: createIndexHandlers({ node, indexerEntry, home: paths.home }),
		inputs: createInputHashing(join(dist, 'inputs.js')),
		service: createIndexService({
			paths,
			nativeFolder,
			node,
			searcherEntry: join(dist, 'searcher.js'),
			isBusy: (workspace) =>
				jobs.list({
					filter: {
						workspace,
						type: ['index.workspace', 'index.files'],
						state: ['queued', 'running', 'paused'],
					},
					sort: '-createdAt',
					limit: 1,
				}).jobs.length > 0,
		}),
	};
}
