/**
 * What the page is told: numbers when something has changed, at most twice a second, the history now and then, and how
 * the connection is. Nothing while nobody sees it.
 */
import { errorMessage } from '../../shared/errors.ts';
import type { StatsNow } from '../../shared/protocol/stats.ts';
import type { Link } from '../connection/link.ts';
import type { LinkState } from '../connection/state.ts';
import { isUnknownMethod } from '../connection/unknownMethod.ts';
import type { JobStore } from '../jobs/store/store.ts';
import type { JobText } from '../jobs/text/text.ts';
import { rowTitle } from '../jobs/text/title.ts';
import { Coalescer, type Disposable, Lifetime } from '../lifetime.ts';
import { RANGES, type Range, type RunningJob, type ToPage } from './messages.ts';
import { untilNow } from './moments.ts';

const TELL_EVERY_MS = 500;
/** After the last change numbers are asked for until they stand still. */
const SETTLE_MS = 3000;
const QUEUES = 50;
const RUNNING = 8;
/** Numbers that are kept for a page that is opened again. */
const PAST = 720;
const PAST_EVERY_MS = 5000;

export interface FeedPorts {
	readonly link: Pick<Link, 'state' | 'request' | 'onDidChange'>;
	readonly store: JobStore;
	readonly text: Pick<JobText, 'description'>;
	readonly post: (message: ToPage) => void;
	readonly visible: () => boolean;
	readonly now: () => number;
	readonly log: (message: string) => void;
	/** How the connection is, in a sentence; empty where there is nothing to say. */
	readonly stateText: (state: LinkState) => string;
	/** The daemon does not know these questions. */
	readonly olderText: string;
}

export interface DashboardFeed extends Disposable {
	/** The page has been made, shows another range, or is seen again. */
	begin(range: Range): void;
	/** Seen again, or not any more. */
	look(): void;
}

export function feedDashboard(ports: FeedPorts): DashboardFeed {
	const { link, store, post, visible, now, log } = ports;
	const lifetime = new Lifetime();
	let past: StatsNow[] = [];
	let range: Range | undefined;
	let historyAt = 0;
	let asking = false;
	let missed = false;
	let last: StatsNow | undefined;

	const later = lifetime.own(new Coalescer(TELL_EVERY_MS, () => void tell()));
	const settle = lifetime.own(new Coalescer(SETTLE_MS, () => void tell()));
	lifetime.own(store.onDidChange(() => later.schedule()));
	lifetime.own(
		link.onDidChange((state) => {
			sayState();
			if (state.kind === 'connected') historyAt = 0;
			later.schedule();
		}),
	);

	function sayState(): void {
		const { state } = link;
		post({ kind: 'link', up: state.kind === 'connected', sentence: ports.stateText(state) });
	}

	async function tell(): Promise<void> {
		if (range === undefined || !visible() || link.state.kind !== 'connected') return;
		if (asking) {
			missed = true;
			return;
		}
		asking = true;
		missed = false;
		try {
			const stats = await link.request('stats/now', { queues: QUEUES });
			post({ kind: 'now', stats, running: runningJobs() });
			if (moved(last, stats)) settle.schedule();
			remember(stats);
			await tellHistory(range);
		} catch (error) {
			if (isUnknownMethod(error)) post({ kind: 'link', up: false, sentence: ports.olderText });
			else log(`The dashboard's numbers: ${errorMessage(error)}`);
		} finally {
			asking = false;
			if (missed) later.schedule();
		}
	}

	async function tellHistory(wanted: Range): Promise<void> {
		const { ms, bucketMs } = RANGES[wanted];
		// A clock that was set back makes nobody wait for what it shows again.
		if (Math.abs(now() - historyAt) < bucketMs / 6) return;
		historyAt = now();
		const from = now() - ms;
		const history = await link.request('stats/history', { bucketMs, from });
		post({ kind: 'history', range: wanted, history });
	}

	function remember(stats: StatsNow): void {
		last = stats;
		past = untilNow(past, stats.at);
		if (stats.at - (past.at(-1)?.at ?? 0) < PAST_EVERY_MS) return;
		// Charts draw no queues, of which there may be many.
		past.push({ ...stats, queues: [] });
		if (past.length > PAST) past.shift();
	}

	function runningJobs(): RunningJob[] {
		return store
			.group('running')
			.slice(0, RUNNING)
			.map((job) => ({
				id: job.id,
				title: rowTitle(job.title),
				queue: job.queue,
				startedAt: job.startedAt ?? now(),
				text: ports.text.description(job, undefined),
				fraction: fractionOf(job.progress),
			}));
	}

	return {
		begin: (wanted) => {
			range = wanted;
			historyAt = 0;
			sayState();
			post({ kind: 'past', stats: past });
			void tell();
		},
		look: () => {
			if (visible()) void tell();
		},
		dispose: () => lifetime.dispose(),
	};
}

function fractionOf(progress: { current: number; total?: number | undefined } | null) {
	if (progress?.total === undefined || progress.total <= 0) return undefined;
	return Math.min(1, progress.current / progress.total);
}

/** Whether there is more to come: what was counted is not what was counted before. */
function moved(before: StatsNow | undefined, now: StatsNow): boolean {
	return JSON.stringify(before?.counts) !== JSON.stringify(now.counts);
}
