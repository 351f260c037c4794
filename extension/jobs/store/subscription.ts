/** Keeps the store equal to the daemon's jobs: a snapshot, then changes without a gap, through reconnections. */
import { errorMessage } from '../../../shared/errors.ts';
import type { JobsChanged } from '../../../shared/protocol/jobs.ts';
import type { Link } from '../../connection/link.ts';
import { type Disposable, Lifetime, type Signal } from '../../lifetime.ts';
import type { JobStore } from './store.ts';

export interface SubscriptionPorts {
	readonly link: Pick<Link, 'request' | 'onDidChange'>;
	readonly notifications: Signal<{ readonly method: string; readonly params: unknown }>;
	readonly log: (message: string) => void;
}

export interface JobsSubscription extends Disposable {
	/** Connects if need be, and resolves once the store holds the daemon's jobs. */
	loaded(): Promise<void>;
}

/** What is kept equal to the daemon's jobs. */
export type Follower = Pick<JobStore, 'replace' | 'apply' | 'clear' | 'counts'>;

export function followJobs(store: Follower, ports: SubscriptionPorts): JobsSubscription {
	const lifetime = new Lifetime();
	const { link, log } = ports;
	let subscribing: Promise<void> | undefined;

	// One at a time; what is missed meanwhile shows as a gap and leads here again.
	const subscribe = () => {
		subscribing ??= link
			.request('jobs/subscribe', {})
			.then((snapshot) => store.replace(snapshot))
			.finally(() => {
				subscribing = undefined;
			});
		return subscribing;
	};
	const resubscribe = () => {
		subscribe().catch((error) => log(`Following the jobs failed: ${errorMessage(error)}`));
	};

	lifetime.own(
		link.onDidChange((state) => {
			if (state.kind === 'connected') resubscribe();
			// Of a daemon that may be another by now; a lost connection keeps what was there.
			else if (['failed', 'outdated', 'handover', 'stopped'].includes(state.kind)) store.clear();
		}),
	);
	lifetime.own(
		ports.notifications.on(({ method, params }) => {
			if (method !== 'jobs/changed' || subscribing !== undefined) return;
			if (!store.apply(params as JobsChanged)) resubscribe();
		}),
	);
	return {
		loaded: () => (store.counts === undefined ? subscribe() : Promise.resolve()),
		dispose: () => lifetime.dispose(),
	};
}
