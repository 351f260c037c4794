/** `jobs/subscribe`: a snapshot, then every change exactly as it stands, in numbered steps. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job } from '../../../shared/job.ts';
import { isFinished } from '../../../shared/jobTerms.ts';
import { type Counts, type JobsChanged, jobsChangedSchema } from '../../../shared/protocol/jobs.ts';
import { requests } from '../../../shared/protocol/requests.ts';
import { enqueue, jobEnd, runToEnd, shell, startDaemon } from '../../support/daemon.ts';
import { openSession, type WireClient } from './wire.ts';

/** What a client that follows every step would show. */
interface Mirror {
	readonly jobs: ReadonlyMap<string, Job>;
	readonly steps: readonly JobsChanged[];
	counts(): Counts;
	/** Resolves when what is shown satisfies the condition. */
	until(condition: (jobs: ReadonlyMap<string, Job>) => boolean): Promise<void>;
}

async function mirror(connection: DaemonConnection, params: object = {}): Promise<Mirror> {
	const jobs = new Map<string, Job>();
	const steps: JobsChanged[] = [];
	const looks = new Set<() => void>();
	let counts: Counts;
	let seq: number;
	connection.onNotification('jobs/changed', (change) => {
		expect(jobsChangedSchema.parse(change)).toEqual(change);
		steps.push(change);
		expect(change.seq).toBe(seq + 1);
		seq = change.seq;
		counts = change.counts;
		if ('resync' in change) throw new Error('Asked to subscribe again for a handful of jobs.');
		for (const job of change.jobs) jobs.set(job.id, job);
		for (const id of change.removed) jobs.delete(id);
		for (const look of looks) look();
	});
	const snapshot = await connection.request('jobs/subscribe', params);
	expect(requests['jobs/subscribe'].result.strict().parse(snapshot)).toEqual(snapshot);
	seq = snapshot.seq;
	counts = snapshot.counts;
	for (const job of snapshot.jobs) jobs.set(job.id, job);
	return {
		jobs,
		steps,
		counts: () => counts,
		until: (condition) =>
			new Promise((resolve) => {
				const look = () => {
					if (!condition(jobs)) return;
					looks.delete(look);
					resolve();
				};
				looks.add(look);
				look();
			}),
	};
}

const ended = (id: string) => (jobs: ReadonlyMap<string, Job>) => {
	const job = jobs.get(id);
	return job !== undefined && isFinished(job.state);
};

describe('a subscriber', () => {
	test('who applies every step shows what a fresh look shows', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await runToEnd(daemon, connection, shell('true'));
		const watcher = await daemon.connect();
		const shown = await mirror(watcher);
		expect(shown.jobs.size).toBe(1);
		const ids = await enqueue(
			connection,
			shell('exit 1', { maxAttempts: 2, backoff: { baseMs: 10 } }),
			shell(`echo '::semantica progress {"current":1}'; echo '::semantica result [1]'`),
			shell('sleep 60', { timeoutMs: 200 }),
			shell('true', { runAt: Date.now() + 3_600_000 }),
		);
		await connection.request('job/cancel', { ids: [ids[3] ?? ''] });
		for (const id of ids) await shown.until(ended(id));
		// Whatever is committed by now has been told before the answer to this.
		const fresh = await (await daemon.connect()).request('jobs/subscribe', {});
		await shown.until(() => shown.counts()['succeeded'] === fresh.counts['succeeded']);
		const byId = (jobs: Iterable<Job>) => [...jobs].toSorted((a, b) => a.generation - b.generation);
		expect(byId(shown.jobs.values())).toEqual(byId(fresh.jobs));
		expect(shown.counts()).toEqual(fresh.counts);
		expect(shown.counts()).toMatchObject({
			succeeded: 2,
			failed: 2,
			cancelled: 1,
			queued: 0,
			running: 0,
		});
	});

	test('hears of a thousand quick changes in a few steps', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const shown = await mirror(await daemon.connect());
		const requested = Array.from({ length: 300 }, () => enqueue(connection, shell('true')));
		await Promise.all(requested);
		await shown.until((jobs) => jobs.size === 300);
		expect(shown.steps.length).toBeLessThan(100);
		await connection.request('job/cancel', { all: true });
		await shown.until((jobs) => [...jobs.values()].every((job) => job.state === 'cancelled'));
		expect(shown.counts()).toMatchObject({ cancelled: 300, queued: 0 });
	});

	test('of a workspace gets its jobs, by whatever name, and the counts of all', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const mine = join(daemon.home, 'mine');
		const other = join(daemon.home, 'other');
		for (const folder of [mine, other]) mkdirSync(folder);
		const uri = (folder: string) => pathToFileURL(folder).href;
		const [first] = await enqueue(
			connection,
			shell('true', { workspace: uri(mine) }),
			shell('true', { workspace: uri(other) }),
			shell('true'),
		);
		const shown = await mirror(await daemon.connect(), { workspace: `${uri(mine)}/../mine/` });
		expect([...shown.jobs.keys()]).toEqual([first]);
		expect(shown.counts()['queued']).toBe(3);
		const [, mineToo = ''] = await enqueue(
			connection,
			shell('true', { workspace: uri(other) }),
			shell('true', { workspace: uri(mine) }),
		);
		await shown.until((jobs) => jobs.has(mineToo));
		expect(new Set(shown.jobs.keys())).toEqual(new Set([first, mineToo]));
		expect(shown.counts()['queued']).toBe(5);
	});

	test.each([
		['again', (watcher: WireClient) => watcher.ask('jobs/subscribe', {})],
		// Each looks at the disk first.
		['twice at once', () => Promise.resolve()],
	])('who subscribes %s begins anew and hears everything once', async (_, answered) => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const watcher = await openSession(daemon);
		const workspace = pathToFileURL(daemon.home).href;
		await answered(watcher);
		await Promise.all([1, 2].map(() => watcher.ask('jobs/subscribe', { workspace })));
		const [id = ''] = await enqueue(connection, shell('true', { workspace }));
		await jobEnd(daemon, id);
		const steps = () => watcher.received.filter((message) => message.method === 'jobs/changed');
		await watcher.next(
			({ method, params }) =>
				method === 'jobs/changed' &&
				(params as { jobs: Job[] }).jobs.some((job) => isFinished(job.state)),
		);
		const numbers = steps().map((step) => (step.params as { seq: number }).seq);
		expect(numbers).toEqual(numbers.map((_, i) => i + 1));
	});
});

describe('the snapshot', () => {
	test('holds all that runs and the newest hundred of each other state', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const ids = await enqueue(connection, ...Array.from({ length: 150 }, () => shell('true')));
		await connection.request('job/cancel', { ids: ids.slice(0, 30) });
		const { counts, jobs } = await connection.request('jobs/subscribe', {});
		const of = (state: string) => jobs.filter((job) => job.state === state).map((job) => job.id);
		expect(counts).toMatchObject({ queued: 120, cancelled: 30, running: 0, paused: 0 });
		expect(new Set(of('queued'))).toEqual(new Set(ids.slice(50)));
		expect(new Set(of('cancelled'))).toEqual(new Set(ids.slice(0, 30)));
	});
});

describe('jobs with long commands', () => {
	// Some 14 MB: several steps, several pages. Each step is followed by a pause of ten times its length.
	const MANY = 60;
	const long = (i: number) =>
		shell('true', { tag: `${i}`, command: { command: 'true', args: ['a'.repeat(240_000)] } });

	test('reach a subscriber in steps, and lists in pages, that fit a frame', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const watcher = await openSession(daemon);
		await watcher.ask('jobs/subscribe', {});
		let last: string | undefined;
		for (let from = 0; from < MANY; from += 20) {
			const ids = await enqueue(
				connection,
				...Array.from({ length: 20 }, (_, i) => long(from + i)),
			);
			last = ids.at(-1);
		}
		const heard = (state: string) =>
			watcher.next(({ method, params }) => {
				if (method !== 'jobs/changed') return false;
				const change = params as JobsChanged;
				// Where this machine is too slow to follow, it is told so.
				if ('resync' in change) return true;
				return change.jobs.some((job) => job.id === last && job.state === state);
			});
		await heard('queued');
		await connection.request('job/cancel', { all: true });
		await heard('cancelled');
		for (const message of watcher.received) {
			expect(JSON.stringify(message).length).toBeLessThan(2 * 1024 * 1024);
		}
		// Whoever comes later gets the newest of them, and the rest page by page.
		const snapshot = await (await daemon.connect()).request('jobs/subscribe', {});
		expect(snapshot.counts).toMatchObject({ cancelled: MANY });
		expect(snapshot.jobs.map((job) => job.tag)).toEqual(['59', '58', '57', '56']);
		const tags: (string | null)[] = [];
		for (let cursor: string | null | undefined; cursor !== null; ) {
			const page = await connection.request('job/list', {
				limit: 200,
				...(cursor === undefined ? {} : { cursor }),
			});
			expect(page.total).toEqual({ value: MANY, exact: true });
			expect(JSON.stringify(page).length).toBeLessThan(5 * 1024 * 1024);
			tags.push(...page.jobs.map((job) => job.tag));
			cursor = page.nextCursor;
		}
		expect(tags).toEqual(Array.from({ length: MANY }, (_, i) => `${MANY - 1 - i}`));
	});
});

describe('a subscriber that falls behind', () => {
	test('is told to begin anew once, instead of all that it missed', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const slow = await openSession(daemon);
		await slow.ask('jobs/subscribe', {});
		const witness = await openSession(daemon);
		await witness.ask('jobs/subscribe', {});
		slow.socket.pause();
		const big = (i: number) =>
			shell('true', { title: 't'.repeat(200), subject: `${i} ${'s'.repeat(500)}` });
		for (let round = 1; round <= 5; round++) {
			await enqueue(connection, ...Array.from({ length: 1000 }, (_, i) => big(i)));
			await witness.next(
				({ method, params }) =>
					method === 'jobs/changed' &&
					(params as { counts: Counts }).counts['superseded'] === (round - 1) * 1000,
			);
		}
		slow.socket.resume();
		const resync = await slow.next(
			({ method, params }) => method === 'jobs/changed' && 'resync' in (params as object),
		);
		expect(resync.params).toMatchObject({
			instance: daemon.state.instance,
			counts: { queued: 1000, superseded: 4000 },
		});
		const changed = slow.received.filter((message) => message.method === 'jobs/changed');
		expect(changed.length).toBeLessThan(5);
		const { result } = await slow.ask('jobs/subscribe', {});
		expect((result as { counts: Counts }).counts).toMatchObject({ queued: 1000 });
	});

	test('and subscribes again hears of its new subscription alone', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const slow = await openSession(daemon);
		await slow.ask('jobs/subscribe', {});
		const witness = await openSession(daemon);
		await witness.ask('jobs/subscribe', {});
		slow.socket.pause();
		// The second batch of news finds the first one still there: it waits for the client to catch up.
		for (let round = 1; round <= 3; round++) {
			const jobs = Array.from({ length: 1000 }, (_, i) =>
				shell('true', { title: 't'.repeat(200), subject: `${round} ${i} ${'s'.repeat(450)}` }),
			);
			const ids = await enqueue(connection, ...jobs);
			await witness.next(
				({ method, params }) =>
					method === 'jobs/changed' && JSON.stringify(params).includes(ids[999] ?? ''),
			);
		}
		slow.send({ id: 'again', method: 'jobs/subscribe', params: {} });
		slow.send({ id: 'mark', method: 'queue/update', params: { name: 'mark', paused: true } });
		await expect
			.poll(async () => (await connection.request('queue/list', {})).queues, { timeout: 20_000 })
			.toContainEqual(expect.objectContaining({ name: 'mark' }));
		slow.socket.resume();
		await slow.next(({ id }) => id === 'mark');
		const [last = ''] = await enqueue(connection, shell('true'));
		const isNews = ({ method, params }: { method?: string; params?: unknown }) =>
			method === 'jobs/changed' && JSON.stringify(params).includes(last);
		await slow.next(isNews);
		const begun = slow.received.findIndex(({ id }) => id === 'again');
		const after = slow.received.slice(begun).filter(({ method }) => method === 'jobs/changed');
		expect(after.map(({ params }) => (params as { seq: number }).seq)).toEqual([1]);
	});
});
