/** The Windows side of run.mjs: speaks to the daemon over its named pipe and writes down what it finds. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readBuildInfo } from '../../shared/build.ts';
import { connectOver, type DaemonConnection } from '../../shared/client/connection.ts';
import { ensureDaemon } from '../../shared/client/launch.ts';
import { reachDaemon } from '../../shared/client/reach.ts';
import type { Job, JobSpecInput } from '../../shared/job.ts';
import { isFinished } from '../../shared/jobTerms.ts';
import { dataFolder, dataPaths } from '../../shared/paths.ts';

const [phase, answerFile = '', marker = ''] = process.argv.slice(2);
const paths = dataPaths(dataFolder(process.env));
const stage = process.env['STAGE'] ?? '';
const idsFile = join(paths.home, 'ids.json');
const ROLES = ['job', 'child', 'grandchild'];

async function main(): Promise<unknown> {
	const connection = await connect();
	switch (phase) {
		case 'before':
			return before(connection);
		case 'kill': {
			const { pid } = await connection.request('system/status', {});
			// TerminateProcess: nothing of the daemon's own runs any more.
			process.kill(pid, 'SIGKILL');
			return { killed: pid };
		}
		default:
			return after(connection);
	}
}

async function before(connection: DaemonConnection) {
	const status = await connection.request('system/status', {});
	const { checks } = await connection.request('system/diagnose', {});
	const payload = 'x'.repeat(100_000);
	const received = join(paths.home, 'received');
	const [payloadId, retryId, cappedId] = await enqueue(
		connection,
		{ ...work('payload', received), payload },
		{ ...work('attempt'), maxAttempts: 2, backoff: { baseMs: 10 } },
		{ ...work('capped'), limits: { memoryMB: 4096, processes: 100 }, pty: true },
	);
	const capped = await end(connection, cappedId);
	const cappedLog = await connection.request('log/read', { id: cappedId ?? '', offset: 0 });
	const withPayload = await end(connection, payloadId);
	const retried = await end(connection, retryId);
	const log = await connection.request('log/read', { id: retryId ?? '', offset: 0 });
	const [treeId, restartableId] = await enqueue(connection, tree('first'), {
		...work('run'),
		restartable: true,
	});
	await treeIsUp('first');
	await state(connection, restartableId, (job) => job.state === 'running');
	writeFileSync(idsFile, JSON.stringify({ treeId, restartableId }));
	return {
		platform: status.platform,
		endpoint: status.endpoint,
		containment: checks.find(({ name }) => name === 'containment')?.message,
		payload: `${withPayload.state}, ${readFileSync(received, 'utf8') === payload ? 'whole' : 'not whole'}`,
		capped: `${capped.state}, ${/cannot be enforced/.test(cappedLog.text) ? 'without' : 'with'} its caps`,
		terminal: /it runs without a terminal: .*/.exec(cappedLog.text)?.[0],
		retried: `${retried.state} at attempt ${retried.attempt}`,
		log: log.text.split('\n').map((line) => line.replace(/, \d{4}-.*/, '')),
	};
}

async function after(connection: DaemonConnection) {
	const { treeId, restartableId } = JSON.parse(readFileSync(idsFile, 'utf8'));
	const treeJob = await end(connection, treeId);
	const restartable = await end(connection, restartableId);
	const [cancelId = ''] = await enqueue(connection, tree('second'));
	await treeIsUp('second');
	await connection.request('job/cancel', { ids: [cancelId] });
	const cancelled = await end(connection, cancelId);
	const left = ROLES.filter((role) =>
		isAlive(Number(readFileSync(join(paths.home, 'second', role), 'utf8'))),
	);
	await connection.request('system/drain', { reason: 'test', mode: 'stop' });
	await connection.closed;
	return {
		tree: `${treeJob.state} ${treeJob.stopReason}`,
		restartable: `${restartable.state} ${restartable.stopReason}`,
		cancelled: `${cancelled.state} ${cancelled.stopReason}`,
		leftByCancelled: left.length,
	};
}

/** Starts the daemon, where none runs, as every client does. */
async function connect(): Promise<DaemonConnection> {
	const state = await ensureDaemon({
		paths,
		distFolder: stage,
		build: readBuildInfo(stage),
		execPath: process.execPath,
		env: process.env,
		timeoutMs: 60_000,
	});
	// A pipe has no folder: it must prove whose it is.
	if (state.proves !== true) throw new Error('The daemon does not say that it can prove itself.');
	const { socket, token } = await reachDaemon(paths, state);
	return connectOver(socket, { token, client: 'test', version: '0' });
}

function node(...args: string[]): JobSpecInput {
	return { type: 'command', command: { command: process.execPath, args, cwd: paths.home } };
}

function work(...args: string[]): JobSpecInput {
	return node(join(stage, 'jobs', 'work.js'), ...args);
}

function tree(name: string): JobSpecInput {
	const folder = join(paths.home, name);
	mkdirSync(folder, { recursive: true });
	return node(join(stage, 'jobs', 'tree.js'), marker, folder);
}

async function treeIsUp(name: string): Promise<void> {
	for (const end = Date.now() + 60_000; ; await delay(20)) {
		if (ROLES.every((role) => existsSync(join(paths.home, name, role)))) return;
		if (Date.now() > end) throw new Error(`The tree "${name}" did not grow within a minute.`);
	}
}

async function enqueue(connection: DaemonConnection, ...jobs: JobSpecInput[]): Promise<string[]> {
	return (await connection.request('job/enqueue', { jobs })).jobs.map(({ id }) => id);
}

function end(connection: DaemonConnection, id: string | undefined): Promise<Job> {
	return state(connection, id, (job) => isFinished(job.state));
}

async function state(
	connection: DaemonConnection,
	id = '',
	condition: (job: Job) => boolean,
): Promise<Job> {
	for (const end = Date.now() + 60_000; ; await delay(50)) {
		const { job } = await connection.request('job/get', { id });
		if (condition(job)) return job;
		if (Date.now() > end) throw new Error(`Job ${id} is still ${job.state} after a minute.`);
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

main()
	.catch((error: unknown) => ({ error: error instanceof Error ? error.stack : String(error) }))
	.then((answer) => {
		writeFileSync(answerFile, JSON.stringify(answer));
		process.exit(0);
	});
