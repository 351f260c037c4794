/** The metrics room put together: what is counted, what is read at a scrape, and its text. */
import type { Result } from '../../shared/protocol/requests.ts';
import type { Lasting } from '../queue/store/lasting.ts';
import type { Ring } from '../queue/store/ring.ts';
import type { StateMove, Tx } from '../queue/store/tx.ts';
import type { Feed } from '../queue/views/feed.ts';
import { createFlow, type Flow } from './flow.ts';
import { createHistory, type History, type HistoryOptions } from './history/service.ts';
import { createIndexFigures } from './indexes.ts';
import { createLabels } from './labels.ts';
import { createNow } from './now.ts';
import { countStart } from './recovery.ts';
import { CONTENT_TYPE, createRegistry } from './registry.ts';
import { createRingKeeper, type RingKeeper } from './ring.ts';
import { registerState, type StateSources } from './state.ts';
import { createTally, type Signs } from './tally.ts';

/** What counts from the daemon's first moment on, before there is anything else. */
export interface Counting {
	readonly flow: Flow;
	readonly signs: Signs;
	/** Before each commit. */
	committing(tx: Tx): void;
	/** From now on commits are counted. */
	listen(feed: Feed): void;
	/** From now on it can be scraped. */
	serve(options: MetricsOptions): Metrics;
}

export interface MetricsOptions extends Omit<StateSources, 'labels' | 'lag' | 'indexes' | 'left'> {
	/** How many processes jobs were allowed to leave, as far as they are there. */
	readonly countLeft: () => Promise<number>;
	readonly history: Omit<HistoryOptions, 'now'>;
	readonly ring: Ring;
	readonly lasting: Lasting;
	readonly indexes: Parameters<typeof createIndexFigures>[0];
}

export interface Metrics {
	/** Whoever asks while others do gets what they get. */
	scrape(): Promise<Result<'system/metrics'>>;
	readonly now: ReturnType<typeof createNow>;
	readonly history: History['tell'];
	/** An index was changed by something else than a job. */
	indexesChanged(): void;
	close(): Promise<void>;
}

export function createCounting(): Counting {
	const registry = createRegistry();
	const labels = createLabels();
	const tally = createTally();
	const flow = createFlow(registry, labels, tally);
	let ring: RingKeeper | undefined;
	let committing = (_tx: Tx): void => {};
	let indexesChanged = () => {};
	return {
		flow,
		signs: tally.signs,
		committing: (tx) => committing(tx),
		listen(feed) {
			feed.onEffects((effects) => {
				if (effects.recorded) ring?.recorded();
				flow.committed(effects);
				if (effects.ended.length > 0 && effects.moves.some(isIndexing)) indexesChanged();
			});
		},
		serve(options) {
			const indexes = createIndexFigures(options.indexes);
			indexesChanged = indexes.changed;
			let lag = 0;
			let left: number | undefined;
			let scraping: Promise<Result<'system/metrics'>> | undefined;
			const sources = { ...options, indexes: indexes.numbers };
			registerState(registry, { ...sources, labels, lag: () => lag, left: () => left });
			const now = createNow(sources);
			const history = createHistory({ ...options.history, now: options.now });
			const kept = createRingKeeper({ ...sources, since: options.state.startedAt }, tally);
			ring = kept;
			committing = (tx) => {
				countStart(options.lasting, options.state.startedAt);
				kept.committing(tx);
				committing = kept.committing;
			};

			async function scrape(): Promise<Result<'system/metrics'>> {
				lag = await lagNow();
				await indexes.refresh();
				left = await options.countLeft().catch(() => undefined);
				return { contentType: CONTENT_TYPE, text: registry.text() };
			}

			return {
				scrape() {
					scraping ??= scrape().finally(() => {
						scraping = undefined;
					});
					return scraping;
				},
				now(params) {
					indexes.refreshSoon();
					return now(params);
				},
				history: history.tell,
				close: history.close,
				indexesChanged: indexes.changed,
			};
		},
	};
}

const isIndexing = ({ type }: StateMove): boolean => type.startsWith('index.');

/** Seconds until whatever waits for its turn has had it. */
async function lagNow(): Promise<number> {
	const at = performance.now();
	await new Promise((resolve) => setImmediate(resolve));
	return (performance.now() - at) / 1000;
}
