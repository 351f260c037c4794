/** A machine of a shared queue, with a network and a clock of its own, whose daemon may be killed at any moment. */
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readBuildInfo } from '../../../shared/build.ts';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket, readToken } from '../../../shared/client/endpoint.ts';
import { ensureDaemon } from '../../../shared/client/launch.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { Method, ParamsInput, Result } from '../../../shared/protocol/requests.ts';
import { gone } from '../../support/daemon.ts';

export interface Machine {
	readonly name: string;
	/** Asks its daemon; again where that dies meanwhile, so only what may be repeated. */
	ask<M extends Method>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
	start(): Promise<void>;
	/** SIGKILL of the daemon alone: its supervisors end what it ran. */
	kill(): Promise<void>;
	/** SIGSTOP of the daemon, while its processes go on. */
	hang(ms: number): Promise<void>;
}

export interface MachineOptions {
	readonly name: string;
	readonly dist: string;
	readonly home: string;
	/** The Node of its network. */
	readonly node: string;
}

export function createMachine({ name, dist, home, node }: MachineOptions): Machine {
	const paths = dataPaths(home);
	mkdirSync(home, { recursive: true, mode: 0o700 });
	let pid = 0;
	let open: DaemonConnection | undefined;

	async function start(): Promise<void> {
		const options = { paths, distFolder: dist, build: readBuildInfo(dist), execPath: node };
		const env = { ...process.env, CI: 'true', HOME: home };
		const state = await ensureDaemon({ ...options, env, timeoutMs: 60_000 });
		pid = state.pid;
		const identity = { token: await readToken(paths), version: '0', client: 'test' };
		open = await connectOver(await openSocket(state.endpoint), identity);
	}

	return {
		name,
		start,
		async ask(method, params) {
			for (;;) {
				const asked = open;
				try {
					if (asked !== undefined) return await asked.request(method, params);
				} catch (error) {
					if (asked === open) throw error;
				}
				await delay(20);
			}
		},
		async kill() {
			open?.dispose();
			open = undefined;
			process.kill(pid, 'SIGKILL');
			await gone(pid);
		},
		async hang(ms) {
			process.kill(pid, 'SIGSTOP');
			await delay(ms);
			process.kill(pid, 'SIGCONT');
		},
	};
}
