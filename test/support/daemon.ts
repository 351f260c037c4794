/** A real daemon from dist/ in a data folder of its own, for tests. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { readProcess } from '../../daemon/processes/posix/procfs.ts';
import { readBuildInfo } from '../../shared/build.ts';
import {
	type ClientIdentity,
	connectOver,
	type DaemonConnection,
} from '../../shared/client/connection.ts';
import { openSocket, readToken } from '../../shared/client/endpoint.ts';
import { ensureDaemon } from '../../shared/client/launch.ts';
import type { Job, JobSpecInput } from '../../shared/job.ts';
import { isFinished } from '../../shared/jobTerms.ts';
import { type DataPaths, dataPaths } from '../../shared/paths.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';

export const DIST = resolve(import.meta.dirname, '../../dist');

export interface TestDaemon {
	readonly home: string;
	readonly paths: DataPaths;
	/** Of the daemon that runs now. */
	readonly state: StateFile;
	/** `client` is what it calls itself. */
	connect(client?: string): Promise<DaemonConnection>;
	/** As an AI tool's server; `root` is where it was started. */
	tool(options: ToolOptions): Promise<DaemonConnection>;
	/** SIGKILL, and waits until the process is gone. */
	kill(): Promise<void>;
	/** A new daemon on the same data folder. */
	restart(): Promise<void>;
	/** What daemon.log says. */
	log(): string;
}

export interface ToolOptions {
	readonly root: string;
	readonly client?: string;
	readonly folders?: readonly string[];
	/** Another token than the data folder's. */
	readonly token?: string;
}

export interface TestDaemonOptions {
	readonly config?: Record<string, unknown>;
	readonly env?: Record<string, string>;
	/** What runs daemon.js; a Node, or something that ends in one. */
	readonly execPath?: string;
	/** An existing data folder; otherwise a new one, removed afterwards. */
	readonly home?: string;
}

/** Starts a daemon that is killed, and whose data folder is removed, when the test has finished. */
export async function startDaemon(options: TestDaemonOptions = {}): Promise<TestDaemon> {
	const home = options.home ?? temporaryFolder();
	const paths = dataPaths(home);
	if (options.config !== undefined) writeFileSync(paths.config, JSON.stringify(options.config));
	const launch = () =>
		ensureDaemon({
			paths,
			distFolder: DIST,
			build: readBuildInfo(DIST),
			execPath: options.execPath ?? process.execPath,
			// Under CI other load on the machine holds no job back.
			env: { ...process.env, CI: 'true', ...options.env },
			timeoutMs: 60_000,
		});
	let state = await launch();
	let born = readProcess(state.pid)?.startTime;
	const connections = new Set<DaemonConnection>();
	const kill = async () => {
		// Long after its end its pid may be another test's daemon.
		if (born === undefined || readProcess(state.pid)?.startTime !== born) return;
		killIfAlive(state.pid);
		await gone(state.pid);
	};
	onTestFinished(async () => {
		for (const connection of connections) connection.dispose();
		await kill();
		// One that was killed leaves its socket behind, in a folder that is not the test's own.
		rmSync(state.endpoint, { force: true });
	});
	async function open(identity: Partial<ClientIdentity> & { readonly client: string }) {
		const connection = await connectOver(await openSocket(state.endpoint), {
			token: await readToken(paths),
			version: '0',
			...identity,
		});
		connections.add(connection);
		return connection;
	}
	return {
		home,
		paths,
		get state() {
			return state;
		},
		connect: (client = 'test') => open({ client }),
		tool: ({ client = 'mcp/test', ...options }) => open({ client, role: 'tool', ...options }),
		kill,
		async restart() {
			state = await launch();
			born = readProcess(state.pid)?.startTime;
		},
		log: () => (existsSync(paths.daemonLog) ? readFileSync(paths.daemonLog, 'utf8') : ''),
	};
}

/** A folder that is removed when the test has finished. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'semantica-test-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
	return folder;
}

function killIfAlive(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// Already gone.
	}
}

/** Resolves when no such process is alive; a zombie is not. There is no event for a stranger's end. */
export async function gone(pid: number, limitMs = 30_000): Promise<void> {
	const end = Date.now() + limitMs;
	while (isAlive(pid)) {
		if (Date.now() > end) throw new Error(`Process ${pid} is still alive after ${limitMs} ms.`);
		await delay(5);
	}
}

export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		if (!/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return true;
		// While one of its threads is still ending, its files and sockets are open.
		return readdirSync(`/proc/${pid}/task`).length > 1;
	} catch {
		return false;
	}
}

/** A command job that runs a line of shell. */
export function shell(line: string, more: Partial<JobSpecInput> = {}): JobSpecInput {
	return {
		type: 'command',
		command: { command: '/bin/sh', args: ['-c', line], env: { PATH: process.env['PATH'] ?? '' } },
		...more,
	};
}

export async function enqueue(
	connection: DaemonConnection,
	...jobs: JobSpecInput[]
): Promise<string[]> {
	const answer = await connection.request('job/enqueue', { jobs });
	return answer.jobs.map((job) => job.id);
}

/**
 * Resolves with the job once it satisfies the condition; driven by `jobs/changed`. Subscribes on a
 * connection of its own, so that it disturbs no other subscription.
 */
export async function jobWhen(
	daemon: TestDaemon,
	id: string,
	condition: (job: Job) => boolean,
	limitMs = 60_000,
): Promise<Job> {
	const connection = await daemon.connect();
	try {
		return await new Promise<Job>((resolve, reject) => {
			const timer = setTimeout(
				() => reject(new Error(`Job ${id} did not get there within ${limitMs} ms.`)),
				limitMs,
			);
			const look = async () => {
				const { job } = await connection.request('job/get', { id });
				if (!condition(job)) return;
				clearTimeout(timer);
				resolve(job);
			};
			connection.onNotification('jobs/changed', (change) => {
				if ('resync' in change || change.jobs.some((job) => job.id === id)) look().catch(reject);
			});
			connection.request('jobs/subscribe', {}).then(look).catch(reject);
		});
	} finally {
		connection.dispose();
	}
}

export function jobEnd(daemon: TestDaemon, id: string, limitMs?: number): Promise<Job> {
	return jobWhen(daemon, id, (job) => isFinished(job.state), limitMs);
}

/** The whole log as text, with a sign where bytes were dropped. */
export async function readWholeLog(connection: DaemonConnection, id: string): Promise<string> {
	let text = '';
	let offset = 0;
	for (;;) {
		const chunk = await connection.request('log/read', { id, offset, maxBytes: 1024 * 1024 });
		if (chunk.dropped !== undefined) text += `<dropped ${chunk.dropped.from}-${chunk.dropped.to}>`;
		text += chunk.text;
		if (chunk.nextOffset === offset) return text;
		offset = chunk.nextOffset;
	}
}

/** Runs one job to its end. */
export async function runToEnd(
	daemon: TestDaemon,
	connection: DaemonConnection,
	job: JobSpecInput,
): Promise<Job> {
	const [id = ''] = await enqueue(connection, job);
	return jobEnd(daemon, id);
}

/** Resolves with the whole log so far once it contains the text; driven by `log/data`. */
export async function logSays(
	daemon: TestDaemon,
	id: string,
	text: string,
	limitMs = 60_000,
): Promise<string> {
	const connection = await daemon.connect();
	try {
		return await new Promise<string>((resolve, reject) => {
			let log = '';
			const timer = setTimeout(
				() => reject(new Error(`The log of ${id} never said "${text}":\n${log}`)),
				limitMs,
			);
			connection.onNotification('log/data', (chunk) => {
				log += chunk.text;
				if (!log.includes(text)) return;
				clearTimeout(timer);
				resolve(log);
			});
			connection.request('log/subscribe', { id }).catch(reject);
		});
	} finally {
		connection.dispose();
	}
}
