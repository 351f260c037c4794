/** A daemon of its own for each measurement, and clients of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connectOver, type DaemonConnection } from '../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../shared/client/endpoint.ts';
import { type DataPaths, dataPaths } from '../../shared/paths.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';
import { type DaemonProcess, spawnDaemon } from '../chaos/kill/daemonProcess.ts';

export const DIST = resolve(import.meta.dirname, '../../dist');
export const MIGRATIONS = resolve(import.meta.dirname, '../../migrations');

export interface BenchDaemon {
	readonly paths: DataPaths;
	readonly state: StateFile;
	readonly process: Pick<DaemonProcess, 'pid'>;
	connect(): Promise<DaemonConnection>;
	/** SIGKILL; resolves when the process is gone. */
	kill(): Promise<void>;
}

export interface BenchContext {
	/** Sizes at which everything is tried and nothing measured. */
	readonly quick: boolean;
	/** A folder that is removed when the benchmark has ended. */
	folder(): string;
	/** Who starts it ends it by `kill`. */
	startDaemon(nodeOptions?: readonly string[], settings?: object): Promise<BenchDaemon>;
	/** Killed when `use` has ended. */
	withDaemon<T>(
		use: (daemon: BenchDaemon) => Promise<T>,
		nodeOptions?: readonly string[],
	): Promise<T>;
	/** Tells a person who waits what is being done. */
	say(sentence: string): void;
}

/** `close` ends what is still running and removes all folders; it may be called at any time. */
export function createContext(quick: boolean): BenchContext & { close(): void } {
	const folders: string[] = [];
	const daemons = new Set<DaemonProcess>();
	const folder = () => {
		const made = mkdtempSync(join(tmpdir(), 'semantica-bench-'));
		folders.push(made);
		return made;
	};
	const startDaemon = async (nodeOptions: readonly string[] = [], settings: object = {}) => {
		const home = folder();
		const paths = dataPaths(home);
		// Other programs' load must not hold jobs back, or it is the throttle that is measured.
		writeFileSync(paths.config, JSON.stringify({ throttleCpuPercent: 100, ...settings }));
		const process = spawnDaemon(DIST, home, nodeOptions);
		daemons.add(process);
		const kill = async () => {
			daemons.delete(process);
			await process.kill();
		};
		const message = await process.ready;
		if (message === undefined || !('ready' in message)) {
			await kill();
			throw new Error(`The daemon did not start: ${JSON.stringify(message)}. Run npm run build.`);
		}
		return benchDaemon(process, message.ready, paths, kill);
	};
	return {
		quick,
		folder,
		startDaemon,
		async withDaemon(use, nodeOptions) {
			const daemon = await startDaemon(nodeOptions);
			try {
				return await use(daemon);
			} finally {
				await daemon.kill();
			}
		},
		say: (sentence) => console.error(`  ${sentence}`),
		close() {
			for (const daemon of daemons) void daemon.kill();
			for (const made of folders.splice(0)) {
				rmSync(made, { recursive: true, force: true, maxRetries: 10 });
			}
		},
	};
}

function benchDaemon(
	process: DaemonProcess,
	state: StateFile,
	paths: DataPaths,
	kill: () => Promise<void>,
): BenchDaemon {
	return {
		paths,
		state,
		process,
		kill,
		connect: () => connectTo(paths.home),
	};
}

/** To the daemon of this data folder. */
export async function connectTo(home: string): Promise<DaemonConnection> {
	const paths = dataPaths(home);
	const state = await readStateFile(paths);
	if (state === undefined) throw new Error('The daemon has not said where it listens.');
	return connectOver(await openSocket(state.endpoint), {
		token: await readToken(paths),
		client: 'bench',
		version: '0',
	});
}

/** Work stays where it is put. */
export async function pauseEverything(connection: DaemonConnection): Promise<void> {
	await connection.request('queue/update', { name: '*', paused: true });
}
