/** The kill test (docs/design.md sections 3 and 4): what is acknowledged survives, what runs runs once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectOver } from '../../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../../shared/client/endpoint.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { KillChecks, type Totals } from './checks.ts';
import { type DaemonProcess, spawnDaemon } from './daemonProcess.ts';

export interface KillTestOptions {
	readonly dist: string;
	/** An empty folder for the data folder and the journals. */
	readonly folder: string;
	readonly seed: number;
	readonly kills: number;
	readonly clients?: number;
	/** When this moment (performance.now) has come, no more kills are made. */
	readonly stopAt?: number;
	readonly progress?: (sentence: string) => void;
}

export interface KillReport extends Totals {
	readonly seed: number;
	readonly kills: number;
	/** Kills that hit the daemon before it was ready. */
	readonly whileStarting: number;
	readonly violations: readonly string[];
}

export async function runKillTest(options: KillTestOptions): Promise<KillReport> {
	const { dist, folder, seed } = options;
	const home = join(folder, 'home');
	const work = join(folder, 'work');
	mkdirSync(home, { recursive: true });
	mkdirSync(join(work, 'locks'), { recursive: true });
	const random = createRandom(seed);
	const clients = Array.from({ length: options.clients ?? 3 }, (_, n) =>
		spawnClient(home, work, n, seed + n + 1),
	);
	const checks = new KillChecks(dataPaths(home).database, work, clients.length);
	let daemon: DaemonProcess | undefined;
	let kills = 0;
	let whileStarting = 0;
	try {
		while (kills < options.kills && performance.now() < (options.stopAt ?? Infinity)) {
			daemon = spawnDaemon(dist, home);
			const wasReady = await liveAWhile(daemon, random, checks);
			await daemon.kill();
			kills++;
			if (!wasReady) whileStarting++;
			if (checks.violations.length > 0) break;
			if (kills % 20 === 0) options.progress?.(`${kills} kills, ${describe(checks.totals())}`);
		}
		daemon = spawnDaemon(dist, home);
		await mustBeReady(daemon);
		await Promise.all(clients.map(stopClient));
		await whenAllHaveRun(home, checks);
		checks.checkEnd();
	} finally {
		await daemon?.kill();
		await Promise.all(clients.map(stopClient));
	}
	return { seed, kills, whileStarting, ...checks.totals(), violations: checks.violations };
}

export function describe({ acknowledged, jobs, runs, interrupted }: Totals): string {
	return `${acknowledged} jobs acknowledged of ${jobs} kept, ${runs} runs, ${interrupted} of them cut off`;
}

// Some daemons die while they start, some at once when they are ready, most at work.
async function liveAWhile(
	daemon: DaemonProcess,
	random: Random,
	checks: KillChecks,
): Promise<boolean> {
	if (random.chance(0.15)) {
		const beforeReady = Symbol('before ready');
		const first = await Promise.race([
			daemon.ready,
			delay(random.int(0, 150), beforeReady, { ref: false }),
		]);
		if (first === beforeReady) return false;
	}
	await mustBeReady(daemon);
	checks.check();
	await delay(random.chance(0.2) ? random.int(0, 10) : random.int(0, 400));
	return true;
}

async function mustBeReady(daemon: DaemonProcess): Promise<void> {
	const message = await daemon.ready;
	if (message === undefined || !('ready' in message)) {
		throw new Error(`The daemon did not come up again: ${JSON.stringify(message)}`);
	}
}

function spawnClient(home: string, work: string, number: number, seed: number): ChildProcess {
	const program = join(import.meta.dirname, 'client.ts');
	return spawn(
		process.execPath,
		['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', program, home, work, `${number}`, `${seed}`],
		{ stdio: ['pipe', 'inherit', 'inherit'] },
	);
}

async function stopClient(client: ChildProcess): Promise<void> {
	if (client.exitCode !== null || client.signalCode !== null) return;
	const gone = once(client, 'exit');
	client.stdin?.end();
	await gone;
}

async function whenAllHaveRun(home: string, checks: KillChecks): Promise<void> {
	const paths = dataPaths(home);
	const state = await readStateFile(paths);
	const connection = await connectOver(await openSocket(state?.endpoint ?? ''), {
		token: await readToken(paths),
		client: 'kill',
		version: '0',
	});
	try {
		await new Promise<void>((resolve) => {
			const look = () => {
				if (checks.unfinished() === 0) resolve();
			};
			connection.onNotification('jobs/changed', look);
			void connection.request('jobs/subscribe', {}).then(look);
		});
	} finally {
		connection.dispose();
	}
}
