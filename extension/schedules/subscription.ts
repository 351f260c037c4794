/** Keeps the store equal to the daemon's schedules: subscribed first, then listed, so that nothing is missed. */
import { errorMessage } from '../../shared/errors.ts';
import type { Schedule, SchedulesChanged } from '../../shared/protocol/schedules.ts';
import type { Link } from '../connection/link.ts';
import { type Disposable, Lifetime, type Signal } from '../lifetime.ts';
import type { ScheduleChanges, ScheduleStore } from './store.ts';

export interface SchedulesPorts {
	readonly link: Pick<Link, 'request' | 'onDidChange'>;
	readonly notifications: Signal<{ readonly method: string; readonly params: unknown }>;
	readonly log: (message: string) => void;
}

export function followSchedules(store: ScheduleStore, ports: SchedulesPorts): Disposable {
	const lifetime = new Lifetime();
	const { link, log } = ports;
	let busy = false;
	let subscribed = false;
	/** Another round is due once this one is over. */
	let stale = false;
	/** What changed while the list was on its way, page by page. */
	let meanwhile: ScheduleChanges[] = [];

	const round = async () => {
		if (!subscribed) {
			subscribed = true;
			await link.request('schedule/subscribe', {});
		}
		meanwhile = [];
		const schedules = await listSchedules(link);
		store.replace(schedules);
		for (const change of meanwhile) store.apply(change);
	};
	const refresh = async () => {
		stale = true;
		if (busy) return;
		busy = true;
		while (stale) {
			stale = false;
			try {
				await round();
			} catch (error) {
				// A new connection leads here again.
				log(`Following the schedules failed: ${errorMessage(error)}`);
			}
		}
		busy = false;
	};

	lifetime.own(
		link.onDidChange((state) => {
			if (state.kind === 'connected') {
				subscribed = false;
				void refresh();
			} else if (['failed', 'outdated', 'handover', 'stopped'].includes(state.kind)) store.clear();
		}),
	);
	lifetime.own(
		ports.notifications.on(({ method, params }) => {
			if (method !== 'schedules/changed') return;
			const change = params as SchedulesChanged;
			if ('resync' in change) void refresh();
			else if (busy) meanwhile.push(change);
			else store.apply(change);
		}),
	);
	return lifetime;
}

/** All of them. */
export async function listSchedules(link: Pick<Link, 'request'>): Promise<Schedule[]> {
	const schedules: Schedule[] = [];
	let after: string | null = null;
	do {
		const page: { schedules: Schedule[]; next: string | null } = await link.request(
			'schedule/list',
			after === null ? {} : { after },
		);
		schedules.push(...page.schedules);
		after = page.next;
	} while (after !== null);
	return schedules;
}
