/** Lists and subscriptions as in docs/design.md section 7, with 100,000 jobs of which 500 change every second. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job, JobSpecInput } from '../../../shared/job.ts';
import type { JobFilter } from '../../../shared/protocol/jobs.ts';
import { enqueue, jobEnd, shell, startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { median, rssBytes, startWitness } from '../wire/witness.ts';
import { type Follower, follow } from './follower.ts';

const LATER = Date.now() + 30 * 24 * 3_600_000;
const MiB = 1024 * 1024;
const COLD = 100_000;
/** Each tick changes 50 jobs, and there are ten in a second. */
const TICKS = 50;
const TICK_MS = 100;

const later = (more: Partial<JobSpecInput>) => shell('true', { runAt: LATER, ...more });

async function pages(
	connect: () => Promise<DaemonConnection>,
	filter: Partial<JobFilter>,
	turn: (page: number) => boolean = () => false,
): Promise<Job[]> {
	const jobs: Job[] = [];
	let connection = await connect();
	let cursor: string | undefined;
	for (let page = 0; ; page++) {
		if (turn(page)) {
			connection.dispose();
			connection = await connect();
		}
		const answer = await connection.request('job/list', {
			filter,
			limit: 200,
			...(cursor === undefined ? {} : { cursor }),
		});
		jobs.push(...answer.jobs);
		if (answer.nextCursor === null) return jobs;
		cursor = answer.nextCursor;
	}
}

/** Jobs that come, are paused, go on, are cancelled and removed: 50 changes at a time. */
function createLoad(connection: DaemonConnection) {
	const queued: string[] = [];
	const held: string[] = [];
	const cancelled: string[] = [];
	let made = 0;
	return async () => {
		const fat = { title: 't'.repeat(200), tag: 'hot' };
		const fresh = Array.from({ length: 15 }, () =>
			later({ ...fat, subject: `${++made} ${'s'.repeat(480)}` }),
		);
		const resumed = held.splice(0, 10);
		const paused = queued.splice(0, 10);
		const doomed = queued.splice(0, 10);
		const gone = cancelled.splice(0, 5);
		const change = async (verb: 'pause' | 'resume' | 'cancel' | 'remove', ids: string[]) => {
			if (ids.length === 0) return;
			const { count } = await connection.request(`job/${verb}`, { ids });
			expect(count, verb).toBe(ids.length);
		};
		const [ids] = await Promise.all([
			enqueue(connection, ...fresh),
			change('resume', resumed),
			change('pause', paused),
			change('cancel', doomed),
			change('remove', gone),
		]);
		queued.push(...ids, ...resumed);
		held.push(...paused);
		cancelled.push(...doomed);
	};
}

/** A running job that reports its progress many times a second, until the gate opens. */
const reporter = (gate: string) =>
	shell(
		`i=0; until [ -e ${gate} ]; do i=$((i+1)); echo "::semantica progress {"current":$i}"; sleep 0.02; done`,
		{ tag: 'hot' },
	);

/** All that a client may rely on, when nothing changes any more. */
async function expectTruth(daemon: TestDaemon, follower: Follower, hot: readonly Job[]) {
	expect(follower.problems).toEqual([]);
	const connection = await daemon.connect();
	const fresh = await connection.request('jobs/subscribe', {});
	expect(follower.counts).toEqual(fresh.counts);
	const truth = new Map([...hot, ...fresh.jobs].map((job) => [job.id, job]));
	const shown = [...follower.picture.values()];
	for (const job of shown) {
		const real = truth.get(job.id) ?? (await connection.request('job/get', { id: job.id })).job;
		expect(job).toEqual(real);
	}
	// The snapshot's part is there for everybody; all that changed is, for whoever saw every step.
	const promised = follower.resyncs === 0 ? [...truth.values()] : fresh.jobs;
	expect(promised.filter(({ id }) => !follower.picture.has(id))).toEqual([]);
	connection.dispose();
}

test('whoever follows shows the truth in the end, however it reads, and others are served meanwhile', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	for (let n = 0; n < COLD; n += 1000) {
		await enqueue(connection, ...Array.from({ length: 1000 }, () => later({ tag: 'cold' })));
	}
	const total = async (filter: Partial<JobFilter>) =>
		(await connection.request('job/list', { filter, limit: 1 })).total;
	expect(await total({ state: ['queued'] })).toEqual({ value: COLD, exact: true });
	expect(await total({ text: 'cold' })).toEqual({ value: 10_000, exact: false });
	const gate = join(daemon.home, 'gate');
	const reporters = await enqueue(connection, reporter(gate), reporter(gate));
	const before = await rssBytes(daemon);

	const steady = [await follow(daemon), await follow(daemon)];
	const slow = await follow(daemon);
	const stalled = await follow(daemon);
	const left = await follow(daemon);
	stalled.socket.pause();
	let back: Follower | undefined;
	const witness = startWitness(await daemon.connect());
	// Half way the list is continued on another connection, with the same cursor.
	const walk = pages(
		() => daemon.connect(),
		{ tag: 'cold' },
		(page) => page === 250,
	);

	const load = createLoad(connection);
	let highest = before;
	for (let tick = 0; tick < TICKS; tick++) {
		await Promise.all([load(), delay(TICK_MS)]);
		if (tick === 2) slow.socket.pause();
		if (tick === 10) left.connection.dispose();
		if (tick === 20) {
			back = await follow(daemon);
			for (const [id, job] of left.picture) {
				const now = back.picture.get(id);
				if (now?.progress)
					expect(now.progress.current).toBeGreaterThanOrEqual(job.progress?.current ?? 0);
			}
		}
		if (tick === 30) slow.socket.resume();
		if (tick % 10 === 9) highest = Math.max(highest, await rssBytes(daemon));
	}
	writeFileSync(gate, '');
	for (const id of reporters) expect((await jobEnd(daemon, id)).state).toBe('succeeded');
	const latencies = await witness.stop();
	const walked = await walk;
	const [marker = ''] = await enqueue(connection, later({ tag: 'hot' }));

	stalled.socket.resume();
	const all = [...steady, slow, stalled, ...(back === undefined ? [] : [back])];
	for (const follower of all) await follower.until((picture) => picture.has(marker));
	// Where all this took longer than half a minute, who did not read was dropped, as it should be.
	const dropped = stalled.socket.destroyed;
	if (dropped) expect(daemon.log()).toMatch(/It did not take its (updates for 30 seconds|answers)/);
	const everybody = all.filter((follower) => follower !== stalled || !dropped);
	const hot = await pages(() => daemon.connect(), { tag: 'hot' });
	for (const follower of everybody) await expectTruth(daemon, follower, hot);

	console.log(
		`steps ${everybody.map(({ steps }) => steps)}, begun anew ${everybody.map(({ resyncs }) => resyncs)}; ` +
			`memory ${Math.round(before / MiB)} MiB, at most ${Math.round(highest / MiB)}; ` +
			`${latencies.length} answers to another client, median ${median(latencies).toFixed(1)} ms, worst ${Math.max(...latencies).toFixed(0)}`,
	);
	expect(steady.map(({ resyncs }) => resyncs)).toEqual([0, 0]);
	// Who did not read was told once to begin anew, instead of all that it missed.
	expect([slow.resyncs, stalled.resyncs]).toEqual([1, dropped ? 0 : 1]);
	expect(stalled.steps).toBeLessThan(40);
	expect(hot.length).toBeGreaterThan(TICKS * 10);
	expect(walked.map(({ generation }) => generation)).toEqual(
		Array.from({ length: COLD }, (_, index) => COLD - index),
	);
	expect(highest).toBeLessThan(before + 150 * MiB);
	expect(median(latencies)).toBeLessThan(500);
});
