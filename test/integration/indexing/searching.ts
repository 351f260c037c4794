/** The index's service as the daemon makes it, over a sandbox. */
import { onTestFinished } from 'vitest';
import { createIndexService, type IndexService } from '../../../daemon/indexing/service.ts';
import type { Bundles } from './bundles.ts';
import type { Sandbox } from './sandbox.ts';

export interface ServiceOptions {
	readonly idleMs?: number;
	readonly entry?: string;
	readonly node?: () => string;
	readonly isBusy?: (workspace: string) => boolean;
}

/** Closed when the test has ended. */
export function openService(
	bundles: Bundles,
	sandbox: Sandbox,
	options: ServiceOptions = {},
): IndexService {
	const service = createIndexService({
		paths: sandbox.home.paths,
		nativeFolder: bundles.native,
		node: options.node ?? (() => process.execPath),
		searcherEntry: options.entry ?? bundles.searcher,
		isBusy: options.isBusy ?? (() => false),
		...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
	});
	onTestFinished(() => service.close());
	return service;
}
