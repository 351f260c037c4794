/** How long people and jobs wait: requests beside a load, starts of processes, the daemon's own start. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createContainment } from '../../../daemon/processes/platform.ts';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { spawnDaemon } from '../../chaos/kill/daemonProcess.ts';
import { end, outputOf, startServer } from '../child.ts';
import { type BenchContext, DIST, pauseEverything } from '../daemon.ts';
import { type Figure, percentile } from '../figures.ts';
import { sampleJobs } from '../sample.ts';
import { openSigns } from '../signs.ts';

export async function duringLoad(context: BenchContext): Promise<Figure[]> {
	const p50: number[] = [];
	const p99: number[] = [];
	let wrong: string | undefined;
	for (let repeat = 0; repeat < 3; repeat++) {
		await context.withDaemon(async (daemon) => {
			const connection = await daemon.connect();
			await pauseEverything(connection);
			const { jobs } = await connection.request('job/enqueue', { jobs: sampleJobs(0, 1) });
			const id = jobs[0]?.id ?? '';
			const load = startServer('load.ts', daemon.paths.home);
			let loading = true;
			const said = outputOf(load).finally(() => {
				loading = false;
			});
			const times: number[] = [];
			const asks = [
				() => connection.request('job/get', { id }),
				() => connection.request('queue/list', {}),
				() => connection.request('job/list', { limit: 50 }),
				() => connection.request('job/cancel', { ids: [id] }),
			];
			for (let n = 0; loading; n++) {
				const began = performance.now();
				await asks[n % asks.length]?.();
				times.push(performance.now() - began);
			}
			const loaded = Number(await said);
			if (loaded !== 100_000) wrong ??= `${loaded} of 100000 jobs were loaded`;
			p50.push(percentile(times, 0.5));
			p99.push(percentile(times, 0.99));
			connection.dispose();
			await end(load);
		});
	}
	const common = {
		unit: 'ms',
		better: 'lower',
		...(wrong === undefined ? {} : { void: wrong }),
	} as const;
	const what = 'other requests while another client loads 100,000 small jobs';
	return [
		{ ...common, name: 'load-p50', what: `${what}, p50`, ours: p50 },
		{
			...common,
			name: 'load-p99',
			what: `${what}, p99`,
			ours: p99,
			budget: { of: 'value', atMost: 50 },
		},
	];
}

const STARTS = 120;

export async function enqueueToStart(context: BenchContext): Promise<Figure[]> {
	const p50: number[] = [];
	const p99: number[] = [];
	for (let repeat = 0; repeat < 3; repeat++) {
		await context.withDaemon(async (daemon) => {
			const connection = await daemon.connect();
			await connection.request('jobs/subscribe', {});
			// The job itself tells us that it has started, through a pipe with a name.
			const signs = openSigns(join(context.folder(), 'started'));
			const nextSign = () => new Promise<string>((resolve) => signs.listen(resolve));
			const command = { command: '/bin/sh', args: ['-c', `echo >'${signs.file}'`], cwd: '/' };
			const times: number[] = [];
			for (let n = 0; n < STARTS; n++) {
				const idle = anEnd(connection);
				const began = performance.now();
				const sign = nextSign();
				await connection.request('job/enqueue', { jobs: [{ type: 'command', command }] });
				await sign;
				if (n >= 20) times.push(performance.now() - began);
				await idle;
			}
			signs.close();
			p50.push(percentile(times, 0.5));
			p99.push(percentile(times, 0.99));
			connection.dispose();
		});
	}
	return [
		{
			name: 'start-p50',
			what: 'enqueue → first instruction of a shell job, idle daemon, p50',
			unit: 'ms',
			better: 'lower',
			ours: p50,
			budget: { of: 'value', atMost: 15 },
		},
		{
			name: 'start-p99',
			what: 'enqueue → first instruction of a shell job, idle daemon, p99',
			unit: 'ms',
			better: 'lower',
			ours: p99,
			budget: { of: 'value', atMost: 60 },
		},
	];
}

/** Resolves when a change is told in which nothing is queued or running: the daemon is idle again. */
function anEnd(connection: DaemonConnection): Promise<void> {
	return new Promise((resolve) => {
		let seen = false;
		connection.onNotification('jobs/changed', ({ counts }) => {
			if (seen) return;
			if (counts['queued'] !== 0 || counts['running'] !== 0) return;
			seen = true;
			resolve();
		});
	});
}

const STDIO: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];

export async function containedSpawn(context: BenchContext): Promise<Figure[]> {
	const home = context.folder();
	const containment = await createContainment({
		home,
		statusFolder: join(home, 'status'),
		instance: 'bench',
		nativeFolder: '',
		cgroups: true,
		warn: (sentence) => console.error(sentence),
	});
	const program = '/bin/true';
	const common = {
		command: program,
		args: [],
		cwd: '/',
		env: { PATH: '/bin' },
		umask: 0o022,
		openFiles: 1024,
		nice: 0,
		input: null,
		caps: {},
		leaveBehind: false,
	};
	const contained = async (run: number, caps = {}) => {
		const child = await containment.spawn({ id: 'bench', run, ...common, caps });
		child.stdout.resume();
		child.stderr.resume();
		await child.ended;
		await child.clear(false);
	};
	const plain = async () => {
		const child = spawn(program, [], { detached: true, cwd: '/', env: common.env, stdio: STDIO });
		child.stdout.resume();
		child.stderr.resume();
		await once(child, 'exit');
	};
	const ours: number[] = [];
	const others: number[] = [];
	const capped: number[] = [];
	const caps = { memory: 2 ** 30, cpus: 2, processes: 1000 };
	for (let repeat = 0; repeat < 5; repeat++) {
		const limited: number[] = [];
		const mine: number[] = [];
		const theirs: number[] = [];
		for (let n = 0; n < 60; n++) {
			mine.push(await milliseconds(() => contained(repeat * 100 + n)));
			limited.push(await milliseconds(() => contained(1000 + repeat * 100 + n, caps)));
			theirs.push(await milliseconds(plain));
		}
		ours.push(percentile(mine, 0.5));
		others.push(percentile(theirs, 0.5));
		capped.push(percentile(limited, 0.5));
	}
	const { kept } = containment;
	containment.close();
	return [
		{
			name: 'spawn',
			what: 'spawn to exit of /bin/true under containment, p50',
			unit: 'ms',
			better: 'lower',
			ours,
			others: [{ label: 'plain detached spawn', values: others }],
			budget: { of: 'ratio', atMost: 2.5 },
		},
		{
			name: 'spawn-limited',
			what: `the same with limits, of which the kernel keeps ${[...kept].join(', ') || 'none'}, p50`,
			unit: 'ms',
			better: 'lower',
			ours: capped,
			others: [{ label: 'without limits', values: ours }],
		},
	];
}

export async function daemonReady(context: BenchContext): Promise<Figure[]> {
	const home = context.folder();
	const launch = async () => {
		const began = performance.now();
		const daemon = spawnDaemon(DIST, home);
		const message = await daemon.ready;
		const took = performance.now() - began;
		if (message === undefined || !('ready' in message))
			throw new Error('The daemon did not start.');
		await daemon.leave();
		return took;
	};
	await launch();
	const ours: number[] = [];
	const others: number[] = [];
	for (let repeat = 0; repeat < 10; repeat++) {
		ours.push(await launch());
		others.push(
			await milliseconds(async () => {
				await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
			}),
		);
	}
	return [
		{
			name: 'ready',
			what: 'daemon ready after spawn, existing clean folder',
			unit: 'ms',
			better: 'lower',
			ours,
			others: [{ label: 'node -e 0', values: others }],
			budget: { of: 'ratio', atMost: 4 },
		},
	];
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
	const began = performance.now();
	await work();
	return performance.now() - began;
}
