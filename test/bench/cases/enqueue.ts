/** Enqueuing over the socket: bulk, single and pipelined, alone. */
import { join } from 'node:path';
import {
	createMessageConnection,
	type MessageConnection,
	StreamMessageReader,
	StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket } from '../../../shared/client/endpoint.ts';
import { end, startServer, untilReady } from '../child.ts';
import { type BenchContext, type BenchDaemon, pauseEverything } from '../daemon.ts';
import { type Figure, percentile } from '../figures.ts';
import { inParallel } from '../parallel.ts';
import { costs, type Rate, rateOf, speeds } from '../rate.ts';
import { openRaw, readTemplate } from '../raw.ts';
import { sampleJob, sampleJobs, wrongIds } from '../sample.ts';

const BULK = 1000;
const REPEATS = 5;

/** Enqueues `count` jobs, `bulk` to a request, `width` requests at a time. */
async function enqueueMany(
	connection: DaemonConnection,
	daemon: BenchDaemon,
	{ count, bulk, width }: { count: number; bulk: number; width: number },
	seen: string[],
): Promise<Rate> {
	const requests = Array.from({ length: count / bulk }, (_, n) => sampleJobs(n * bulk, bulk));
	return rateOf(count, [daemon.process.pid], () =>
		inParallel(requests.length, width, async (n) => {
			const { jobs } = await connection.request('job/enqueue', { jobs: requests[n] ?? [] });
			for (const { id } of jobs) seen.push(id);
		}),
	);
}

export async function bulkEnqueue(context: BenchContext): Promise<Figure[]> {
	const figures: Figure[] = [];
	for (const count of [1000, 10_000, 100_000]) {
		const ours: Rate[] = [];
		const others: Rate[] = [];
		let wrong: string | undefined;
		for (let repeat = 0; repeat < (count > 50_000 ? 3 : REPEATS); repeat++) {
			await context.withDaemon(async (daemon) => {
				const connection = await daemon.connect();
				await pauseEverything(connection);
				// Once for the engine's compiler: a daemon lives for days.
				await enqueueMany(connection, daemon, { count: 5000, bulk: BULK, width: 4 }, []);
				const ids: string[] = [];
				ours.push(await enqueueMany(connection, daemon, { count, bulk: BULK, width: 4 }, ids));
				wrong ??= wrongIds(ids, count);
				const raw = openRaw(context.folder(), readTemplate(daemon.paths.database));
				for (let n = 0; n < 5; n++) raw.insert(BULK);
				const inserts = () => {
					for (let n = 0; n < count / BULK; n++) raw.insert(BULK);
				};
				others.push(await rateOf(count, [], inserts));
				raw.close();
				connection.dispose();
			});
		}
		figures.push({
			name: `bulk-${count / 1000}k`,
			what: `bulk enqueue over the socket, durable, ${count} jobs in requests of ${BULK}`,
			unit: 'jobs/s',
			better: 'higher',
			ours: speeds(ours),
			cpu: costs(ours),
			others: [
				{ label: 'raw better-sqlite3, same rows', values: speeds(others), cpu: costs(others) },
			],
			budget: { of: 'ratio', atLeast: 0.7 },
			...(wrong === undefined ? {} : { void: wrong }),
		});
	}
	return figures;
}

async function withEcho<T>(
	context: BenchContext,
	use: (rpc: MessageConnection, pid: number) => Promise<T>,
): Promise<T> {
	const endpoint = join(context.folder(), 'echo.sock');
	const server = startServer('echo.ts', endpoint);
	await untilReady(server);
	const socket = await openSocket(endpoint);
	const rpc = createMessageConnection(
		new StreamMessageReader(socket),
		new StreamMessageWriter(socket),
	);
	rpc.listen();
	try {
		return await use(rpc, server.pid ?? 0);
	} finally {
		rpc.dispose();
		socket.destroy();
		await end(server);
	}
}

export async function pipelinedEnqueue(context: BenchContext): Promise<Figure[]> {
	const count = 20_000;
	const width = 512;
	const ours: Rate[] = [];
	const others: Rate[] = [];
	let wrong: string | undefined;
	for (let repeat = 0; repeat < REPEATS; repeat++) {
		await context.withDaemon(async (daemon) => {
			const connection = await daemon.connect();
			await pauseEverything(connection);
			await enqueueMany(connection, daemon, { count: 5000, bulk: 1, width }, []);
			const ids: string[] = [];
			ours.push(await enqueueMany(connection, daemon, { count, bulk: 1, width }, ids));
			wrong ??= wrongIds(ids, count);
			connection.dispose();
		});
		await withEcho(context, async (rpc, pid) => {
			const ask = (n: number) => rpc.sendRequest('echo', { jobs: [sampleJob(n)] }).then(() => {});
			await inParallel(5000, width, ask);
			others.push(await rateOf(count, [pid], () => inParallel(count, width, ask)));
		});
	}
	return [
		{
			name: 'pipelined',
			what: `single enqueues, durable, ${width} in flight`,
			unit: 'jobs/s',
			better: 'higher',
			ours: speeds(ours),
			cpu: costs(ours),
			others: [{ label: 'echo by vscode-jsonrpc', values: speeds(others), cpu: costs(others) }],
			budget: { of: 'ratio', atLeast: 0.6 },
			...(wrong === undefined ? {} : { void: wrong }),
		},
	];
}

export async function loneEnqueue(context: BenchContext): Promise<Figure[]> {
	const count = 400;
	// As above: all three have been at work for a while.
	const before = 2000;
	const ours: number[] = [];
	const p99: number[] = [];
	const others: number[] = [];
	const cpu: number[] = [];
	for (let repeat = 0; repeat < REPEATS; repeat++) {
		await context.withDaemon(async (daemon) => {
			const connection = await daemon.connect();
			await pauseEverything(connection);
			const enqueue = async (n: number) => {
				await connection.request('job/enqueue', { jobs: [sampleJob(n)] });
			};
			await timed(before, enqueue);
			let times: number[] = [];
			const rate = await rateOf(count, [daemon.process.pid], async () => {
				times = await timed(count, enqueue);
			});
			cpu.push(rate.cpu);
			ours.push(percentile(times, 0.5));
			p99.push(percentile(times, 0.99));
			const raw = openRaw(context.folder(), readTemplate(daemon.paths.database));
			const insert = async () => raw.insert(1);
			await timed(before, insert);
			const inserts = await timed(count, insert);
			raw.close();
			const echoes = await withEcho(context, async (rpc) => {
				const echo = async (n: number) => {
					await rpc.sendRequest('echo', { jobs: [sampleJob(n)] });
				};
				await timed(before, echo);
				return timed(count, echo);
			});
			others.push(percentile(inserts, 0.5) + percentile(echoes, 0.5));
			connection.dispose();
		});
	}
	return [
		{
			name: 'lone-p50',
			what: 'one enqueue at a time, p50',
			unit: 'ms',
			better: 'lower',
			ours,
			cpu,
			others: [{ label: 'one fsynced insert + one echo, p50s', values: others }],
			budget: { of: 'ratio', atMost: 1.5 },
		},
		{
			name: 'lone-p99',
			what: 'one enqueue at a time, p99',
			unit: 'ms',
			better: 'lower',
			ours: p99,
		},
	];
}

/** Milliseconds of each step, one after the other, the first 20% left out. */
async function timed(count: number, step: (n: number) => Promise<void>): Promise<number[]> {
	const times: number[] = [];
	for (let n = 0; n < count; n++) {
		const began = performance.now();
		await step(n);
		if (n >= count / 5) times.push(performance.now() - began);
	}
	return times;
}

export async function supersedeStorm(context: BenchContext): Promise<Figure[]> {
	const edits = 100_000;
	const subjects = 1000;
	const ours: Rate[] = [];
	let wrong: string | undefined;
	for (let repeat = 0; repeat < 3; repeat++) {
		await context.withDaemon(async (daemon) => {
			const connection = await daemon.connect();
			await pauseEverything(connection);
			const jobs = Array.from({ length: subjects }, (_, n) =>
				sampleJob(n, { subject: `file:///home/anna/project/source/file-${n}.ts` }),
			);
			const made = new Set<string>();
			const superseded: string[] = [];
			const storm = () =>
				inParallel(edits / subjects, 4, async () => {
					const answer = await connection.request('job/enqueue', { jobs });
					for (const job of answer.jobs) {
						made.add(job.id);
						superseded.push(...job.superseded);
					}
				});
			ours.push(await rateOf(edits, [daemon.process.pid], storm));
			const { counts } = await connection.request('system/status', {});
			wrong ??= wrongIds([...made], edits) ?? wrongIds(superseded, edits - subjects);
			if (counts['queued'] !== subjects) wrong ??= `${counts['queued']} are queued at the end`;
			connection.dispose();
		});
	}
	return [
		{
			name: 'storm',
			what: `supersede storm: ${edits} edits over ${subjects} subjects, in bulk`,
			unit: 'edits/s',
			better: 'higher',
			ours: speeds(ours),
			cpu: costs(ours),
			...(wrong === undefined ? {} : { void: wrong }),
		},
	];
}
