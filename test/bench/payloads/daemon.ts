/** A real daemon for measuring, and what it costs. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readBuildInfo } from '../../../shared/build.ts';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket, readToken } from '../../../shared/client/endpoint.ts';
import { ensureDaemon } from '../../../shared/client/launch.ts';
import { type DataPaths, dataPaths } from '../../../shared/paths.ts';

export interface BenchDaemon {
	readonly paths: DataPaths;
	readonly pid: number;
	readonly client: DaemonConnection;
	connect(): Promise<DaemonConnection>;
	rssBytes(): number;
	/** Seconds of CPU, user and system, since its start. */
	cpuSeconds(): number;
	/** In order, so that everything is in the files. */
	stop(): Promise<void>;
	remove(): void;
}

const DIST = resolve(import.meta.dirname, '../../../dist');
/** Of /proc/<pid>/stat. */
const TICKS_PER_SECOND = 100;

export async function startBenchDaemon(config: Record<string, unknown>): Promise<BenchDaemon> {
	const home = mkdtempSync(join(tmpdir(), 'semantica-bench-'));
	const paths = dataPaths(home);
	writeFileSync(paths.config, JSON.stringify(config));
	const { pid, endpoint } = await ensureDaemon({
		paths,
		distFolder: DIST,
		build: readBuildInfo(DIST),
		execPath: process.execPath,
		env: process.env,
	});
	const connect = async () =>
		connectOver(await openSocket(endpoint), {
			token: await readToken(paths),
			client: 'bench',
			version: '0',
		});
	const client = await connect();
	return {
		paths,
		pid,
		client,
		connect,
		rssBytes: () =>
			Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
		cpuSeconds() {
			const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
			const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
			return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
		},
		async stop() {
			client.dispose();
			process.kill(pid, 'SIGTERM');
			while (isAlive(pid)) await delay(20);
		},
		remove: () => rmSync(home, { recursive: true, force: true }),
	};
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

export function sizeOf(path: string): number {
	const stats = statSync(path, { throwIfNoEntry: false });
	if (stats === undefined) return 0;
	if (!stats.isDirectory()) return stats.size;
	return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function table(
	title: string,
	header: readonly string[],
	rows: readonly (readonly string[])[],
): void {
	console.log(`\n### ${title}\n`);
	for (const row of [header, header.map(() => '---'), ...rows])
		console.log(`| ${row.join(' | ')} |`);
}

export const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Asks for small things without pause until `stop`; milliseconds of each answer. */
export async function probe(daemon: BenchDaemon): Promise<{ stop(): Promise<number[]> }> {
	const client = await daemon.connect();
	const times: number[] = [];
	let stopped = false;
	const running = (async () => {
		while (!stopped) {
			const begin = performance.now();
			await client.request('job/list', { limit: 10 });
			times.push(performance.now() - begin);
			await delay(5);
		}
	})();
	return {
		async stop() {
			stopped = true;
			await running;
			client.dispose();
			return times;
		},
	};
}
