/** `schedule/subscribe`: whoever shows schedules hears what became another, coalesced, bounded for slow clients. */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { notifications, type Params } from '../../shared/protocol/requests.ts';
import type { Schedule, SchedulesChanged } from '../../shared/protocol/schedules.ts';
import type { Feed } from '../queue/views/feed.ts';
import type { Session } from './asking.ts';

/** Changes are gathered this long before they are sent. */
const COALESCE_MS = 100;
/** Beyond this many a new list is cheaper. */
const MAX_DIRTY = 200;
/** Looked at in one turn of the event loop. */
const PAGE = 100;
const MAX_BACKLOG_BYTES = 1024 * 1024;

/** What the schedules room offers to clients. */
export interface ScheduleSource {
	find(name: string): Schedule | undefined;
	list(
		params: Params<'schedule/list'>,
	): Promise<{ readonly schedules: Schedule[]; next: string | null }>;
	onChanged(listener: (names: readonly string[]) => void): () => void;
}

/** Resolves once nothing is missed any more; until the session closes or what it gives is called. */
export async function subscribeToSchedules(
	source: ScheduleSource,
	feed: Pick<Feed, 'onChanged'>,
	session: Session,
): Promise<() => void> {
	const dirty = new Set<string>();
	/** By the newest job of each: what becomes of that is shown too. */
	const byJob = new Map<string, string>();
	/** What was told last of each: a job that only makes progress changes none. */
	const told = new Map<string, { readonly digest: string; readonly job: string | undefined }>();
	let overflow = false;
	let ended = false;
	let waiting = false;
	let timer: NodeJS.Timeout | undefined;

	const stops = [
		source.onChanged((names) => {
			for (const name of names) dirty.add(name);
			arm();
		}),
		feed.onChanged((ids) => {
			for (const id of ids) {
				const name = byJob.get(id);
				if (name !== undefined) dirty.add(name);
			}
			if (dirty.size > 0) arm();
		}),
		session.onClose(end),
	];

	await rememberAll();
	return end;

	function remember(schedule: Schedule): boolean {
		const { name } = schedule;
		const digest = createHash('sha256').update(JSON.stringify(schedule)).digest('base64');
		const job = schedule.last?.jobId;
		const before = told.get(name);
		told.set(name, { digest, job });
		if (before?.job !== undefined && before.job !== job) byJob.delete(before.job);
		if (job !== undefined) byJob.set(job, name);
		return before?.digest !== digest;
	}

	function forget(name: string): boolean {
		const job = told.get(name)?.job;
		if (job !== undefined) byJob.delete(job);
		return told.delete(name);
	}

	/** There may be thousands: others have their turn meanwhile. */
	async function rememberAll(): Promise<void> {
		for (let after: string | null | undefined; after !== null && !ended; ) {
			const page = await source.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
			for (const schedule of page.schedules) remember(schedule);
			after = page.next;
			await nextTurn();
		}
	}

	function arm(): void {
		if (dirty.size > MAX_DIRTY) overflow = true;
		if (!ended) timer ??= setTimeout(flush, COALESCE_MS);
	}

	function flush(): void {
		timer = undefined;
		if (waiting) return;
		if (session.backlog > MAX_BACKLOG_BYTES) {
			waiting = true;
			void session.drained().then(() => {
				waiting = false;
				flush();
			});
			return;
		}
		// What cannot be read any more belongs to a daemon that leaves.
		if (overflow) resync().catch(end);
		else {
			const change = changes();
			if (change !== undefined) session.notify(notifications.schedulesChanged, change);
		}
	}

	function changes(): SchedulesChanged | undefined {
		const schedules: Schedule[] = [];
		const removed: string[] = [];
		for (const name of dirty) {
			const schedule = source.find(name);
			if (schedule === undefined) {
				if (forget(name)) removed.push(name);
			} else if (remember(schedule)) schedules.push(schedule);
		}
		dirty.clear();
		return schedules.length + removed.length === 0 ? undefined : { schedules, removed };
	}

	/** What changes while all are looked at is dirty again, and told after it. */
	async function resync(): Promise<void> {
		overflow = false;
		for (const known of [dirty, told, byJob]) known.clear();
		waiting = true;
		await rememberAll();
		waiting = false;
		if (ended) return;
		session.notify(notifications.schedulesChanged, { resync: true });
		if (dirty.size > 0) arm();
	}

	function end(): void {
		ended = true;
		for (const stop of stops) stop();
		clearTimeout(timer);
	}
}
