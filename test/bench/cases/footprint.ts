/** What a daemon costs that has nothing to do, or much to keep. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { end, untilReady } from '../child.ts';
import { type BenchContext, pauseEverything } from '../daemon.ts';
import type { Figure } from '../figures.ts';
import { residentMiB, scheduledMs, voluntarySwitches } from '../machine.ts';
import { sampleJobs } from '../sample.ts';

const BARE_SERVER = `require('node:net').createServer(() => {}).listen(process.argv[1], () => console.log('ready'))`;
/** Memory is looked at when the collector and the kernel have had a moment. */
const SETTLE_MS = 2000;
/** V8 gives pages back some ten seconds after they were last of use. */
const RELEASE_MS = 15_000;

async function bareServerMiB(context: BenchContext): Promise<number> {
	const child = spawn(process.execPath, ['-e', BARE_SERVER, join(context.folder(), 's')], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	await untilReady(child);
	await delay(SETTLE_MS);
	const resident = residentMiB(child.pid ?? 0);
	await end(child);
	return resident;
}

export async function memory(context: BenchContext): Promise<Figure[]> {
	const idle: number[] = [];
	const bare: number[] = [];
	const added: number[] = [];
	for (let repeat = 0; repeat < 3; repeat++) {
		bare.push(await bareServerMiB(context));
		await context.withDaemon(async (daemon) => {
			const connection = await daemon.connect();
			await pauseEverything(connection);
			await delay(SETTLE_MS);
			const before = residentMiB(daemon.process.pid);
			idle.push(before);
			for (let n = 0; n < 100; n++) {
				await connection.request('job/enqueue', { jobs: sampleJobs(n * 1000, 1000) });
			}
			await delay(RELEASE_MS);
			added.push(residentMiB(daemon.process.pid) - before);
			connection.dispose();
		});
	}
	return [
		{
			name: 'rss-idle',
			what: 'resident memory of an idle daemon',
			unit: 'MiB',
			better: 'lower',
			ours: idle,
			others: [{ label: 'bare node with a socket server', values: bare }],
			budget: { of: 'ratio', atMost: 1.6 },
		},
		{
			name: 'rss-100k',
			what: 'resident memory added by enqueuing 100,000 jobs that stay queued, 15 s later',
			unit: 'MiB',
			better: 'lower',
			ours: added,
			budget: { of: 'value', atMost: 30 },
		},
	];
}

const IDLE_MS = 60_000;
const NOT_DUE_MS = 24 * 3_600_000;

export async function idleCost(context: BenchContext): Promise<Figure[]> {
	return context.withDaemon(async (daemon) => {
		const { pid } = daemon.process;
		const connection = await daemon.connect();
		await connection.request('jobs/subscribe', {});
		const spec = { type: 'command', command: { command: 'true' } };
		for (const name of ['a', 'b', 'c']) {
			const when = { at: Date.now() + NOT_DUE_MS };
			await connection.request('schedule/put', { name, spec, when });
		}
		// Start-up work and the collector's idle tasks are over by then.
		await delay(20_000);
		const cpu = scheduledMs(pid);
		const switches = voluntarySwitches(pid);
		await delay(IDLE_MS);
		const figures: Figure[] = [
			{
				name: 'idle-cpu',
				what: 'CPU of an idle daemon with a subscribed client and three schedules that are not due, 60 s',
				unit: 'ms',
				better: 'lower',
				ours: [scheduledMs(pid) - cpu],
				budget: { of: 'value', atMost: 20 },
			},
			{
				name: 'idle-switches',
				what: 'voluntary context switches of all its threads, 60 s',
				unit: '',
				better: 'lower',
				ours: [voluntarySwitches(pid) - switches],
				budget: { of: 'value', atMost: 60 },
			},
		];
		connection.dispose();
		return figures;
	});
}
