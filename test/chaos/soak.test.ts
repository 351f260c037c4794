/**
 * Random jobs of every kind under a daemon that is killed again and again: at the end no process is left, no
 * job is stuck, and every outcome can be explained.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { Job, JobSpecInput, Run } from '../../shared/job.ts';
import { isFinished } from '../../shared/jobTerms.ts';
import { shell, startDaemon, type TestDaemon } from '../support/daemon.ts';
import { marked, newMarker, until, untilNone } from '../support/processes.ts';
import { chooseSeed, createRandom } from '../support/random.ts';
import { resultTable } from './table.ts';

const LONG = process.env['CHAOS'] === 'long';
const JOBS = LONG ? 200 : 48;
const DEATHS = LONG ? 50 : 6;
const SEED = chooseSeed(process.env);

interface Kind {
	readonly name: string;
	/** `@M` stands for the marker, `@D` for a random duration in seconds. */
	readonly line: string;
	readonly more?: Partial<JobSpecInput>;
	/** How it may end when nobody disturbs it, as `state reason code`. */
	readonly undisturbed: readonly string[];
}

const KINDS: readonly Kind[] = [
	{ name: 'short', line: ': @M; exit 0', undisturbed: ['succeeded exit 0'] },
	{ name: 'longer', line: 'sleep @D; : @M', undisturbed: ['succeeded exit 0'] },
	{ name: 'failing', line: ': @M; sleep @D; exit 7', undisturbed: ['failed exit 7'] },
	{ name: 'killing itself', line: ': @M; kill -KILL $$', undisturbed: ['failed exit 137'] },
	{
		name: 'forking',
		line: 'for i in 1 2 3 4 5 6 7 8; do (sleep @D; : @M) & done; wait',
		undisturbed: ['succeeded exit 0'],
	},
	{
		name: 'escaping',
		line: 'setsid sleep 99@M & (setsid sh -c "sleep 99@M & sleep 99@M" &); sleep @D',
		undisturbed: ['succeeded exit 0'],
	},
	{
		name: 'printing',
		line: 'yes @M | head -c 3000000; sleep @D',
		undisturbed: ['succeeded exit 0'],
	},
	{
		name: 'deaf and endless, with a timeout',
		line: "trap '' TERM; sleep 99@M & sleep 99@M; sleep 99@M",
		more: { timeoutMs: 700, graceMs: 100 },
		undisturbed: ['failed timeout'],
	},
	{
		name: 'at a terminal',
		line: 'set -m; sleep @D & setsid sleep 99@M & test -t 1 && : @M; wait %1',
		more: { pty: true },
		undisturbed: ['succeeded exit 0'],
	},
	{
		name: 'at a terminal, deaf and printing, with a timeout',
		line: "trap '' TERM HUP; while :; do echo @M; done",
		more: { pty: true, timeoutMs: 700, graceMs: 100 },
		undisturbed: ['failed timeout'],
	},
	{
		name: 'stopping its own group',
		line: 'sleep 99@M & kill -STOP 0',
		more: { timeoutMs: 500, graceMs: 100 },
		undisturbed: ['failed timeout'],
	},
	{
		name: 'retried',
		line: ': @M; sleep @D; [ "$SEMANTICA_ATTEMPT" -ge 2 ]',
		more: { maxAttempts: 3, backoff: { baseMs: 50 } },
		undisturbed: ['succeeded exit 0'],
	},
	{
		name: 'restartable',
		line: 'sleep @D; sleep @D; : @M',
		more: { restartable: true },
		undisturbed: ['succeeded exit 0'],
	},
	{
		name: 'of one subject',
		line: 'sleep @D; : @M',
		more: { subject: 'the one', supersede: 'abort', graceMs: 200 },
		undisturbed: ['succeeded exit 0', 'superseded supersede'],
	},
	{
		name: 'parent',
		line: 'sleep 2; : @M',
		more: { tag: 'parent' },
		undisturbed: ['succeeded exit 0', 'failed children 0'],
	},
];

const rows = resultTable(`Soak of ${JOBS} jobs and ${DEATHS} deaths (SEMANTICA_SEED=${SEED})`);

test.each(LONG ? [true, false] : [false])('control groups: %s', async (cgroups) => {
	const { next: random } = createRandom(SEED + Number(cgroups));
	const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
	const daemon = await startDaemon({ config: { cgroups } });
	const marker = newMarker();
	const kinds = new Map<string, Kind>();
	const disturbed = new Set<string>();
	let worst = 0;
	let before = 0;

	for (let death = 0; death < DEATHS; death++) {
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: '*', concurrency: 24 });
		await connection.request('queue/update', { name: 'default', concurrency: 24 });
		const upTo = Math.round(((death + 1) * JOBS) / DEATHS);
		for (let i = kinds.size; i < upTo; i++) await enqueueOne(connection, pick(KINDS));
		await disturb(connection);
		await delay(random() * 1200);
		before = Math.max(before, marked(marker).length);
		await daemon.kill();
		const { left, ms } = (await untilNone([marker], 2000)).get(marker) ?? { left: -1, ms: 0 };
		expect(left, `left after death ${death}`).toBe(0);
		worst = Math.max(worst, ms ?? 2000);
		connection.dispose();
		await daemon.restart();
	}

	const connection = await daemon.connect();
	await connection.request('job/resume', { all: true });
	const jobs = await allEnded(daemon, connection);
	expect(jobs).toHaveLength(kinds.size);
	await until(() => marked(marker).length === 0, 'no process is left', 2000);
	const outcomes = new Map<string, number>();
	for (const { job, runs } of jobs) {
		const kind = kinds.get(job.id);
		const ended = `${job.state} ${job.stopReason} ${job.exitCode}`;
		expect(
			explains(kind, ended, job, disturbed),
			`${kind?.name}: ${ended} ${job.error?.message}`,
		).toBe(true);
		expect(runs.every((run) => run.endedAt !== null)).toBe(true);
		const short = `${job.state} (${job.stopReason})`;
		outcomes.set(short, (outcomes.get(short) ?? 0) + 1);
	}
	rows.push({
		case: `soak${cgroups ? ', control groups' : ''}`,
		before,
		after2s: 0,
		untilZero: worst,
		outcome: [...outcomes].map(([what, count]) => `${count} ${what}`).join(', '),
	});

	async function enqueueOne(connection: DaemonConnection, kind: Kind): Promise<void> {
		const seconds = (random() * 1.5).toFixed(2);
		const line = kind.line.replaceAll('@M', marker).replaceAll('@D', seconds);
		const spec = shell(line, kind.more ?? {});
		const [job] = (await connection.request('job/enqueue', { jobs: [spec] })).jobs;
		if (job === undefined) throw new Error('No answer for a job.');
		kinds.set(job.id, kind);
		if (kind.name !== 'parent') return;
		const children = [0, 1].map(() =>
			shell(`sleep 0.3; : ${marker}; exit ${pick([0, 0, 0, 3])}`, { parentId: job.id }),
		);
		const answer = await connection.request('job/enqueue', { jobs: children });
		const child: Kind = {
			name: 'child',
			line: '',
			undisturbed: ['succeeded exit 0', 'failed exit 3', 'cancelled cancel'],
		};
		for (const { id } of answer.jobs) kinds.set(id, child);
	}

	async function disturb(connection: DaemonConnection): Promise<void> {
		const ids = [...kinds.keys()];
		for (const method of ['job/cancel', 'job/pause', 'job/resume', 'job/pause'] as const) {
			const id = pick(ids);
			if (method === 'job/cancel') disturbed.add(id);
			await connection.request(method, { ids: [id] });
			await delay(random() * 100);
		}
	}
});

function explains(
	kind: Kind | undefined,
	ended: string,
	job: Job,
	cancelled: ReadonlySet<string>,
): boolean {
	if (kind === undefined) return false;
	if (kind.undisturbed.some((way) => ended.startsWith(way))) return true;
	// The daemon died while it ran; what may be run again is given up only after doing so too often.
	if (ended.startsWith('failed interrupted')) return !(kind.more?.restartable ?? false);
	if (ended.startsWith('failed poison')) return true;
	if (job.state === 'cancelled') {
		return cancelled.has(job.id) || (job.parentId !== null && kind.name === 'child');
	}
	return false;
}

async function allEnded(
	daemon: TestDaemon,
	connection: DaemonConnection,
): Promise<{ job: Job; runs: readonly Run[] }[]> {
	const end = performance.now() + 90_000;
	for (;;) {
		const { counts } = await connection.request('system/status', {});
		const open = counts.queued + counts.running + counts.paused;
		if (open === 0) break;
		if (performance.now() > end) {
			const { jobs } = await connection.request('job/list', {
				filter: { state: ['queued', 'running', 'paused'] },
			});
			const stuck = jobs.map((job) => `${job.id} ${job.state} ${job.phase} ${job.title}`);
			throw new Error(`Stuck: ${stuck.join('\n')}\n${daemon.log()}`);
		}
		await delay(50);
	}
	const found: { job: Job; runs: readonly Run[] }[] = [];
	for (let cursor: string | undefined; ; ) {
		const page = await connection.request('job/list', {
			limit: 200,
			...(cursor === undefined ? {} : { cursor }),
		});
		for (const { id } of page.jobs) found.push(await connection.request('job/get', { id }));
		if (page.nextCursor === null) break;
		cursor = page.nextCursor;
	}
	expect(found.every(({ job }) => isFinished(job.state))).toBe(true);
	return found;
}
