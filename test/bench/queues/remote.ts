/** The other side of driver.ts: asks, waits, and gives up in time. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Reply } from './driver.ts';
import type { Opening, Outcome, Task } from './system.ts';

/** Far beyond what any task takes on a busy machine. */
const DEADLINE_MS = 240_000;
const LAST_WORDS = 400;

export interface Remote {
	readonly pid: number;
	/** Rejects with what went wrong, also when the driver ended or did not answer in time. */
	ask(task: Task): Promise<Outcome>;
	end(): Promise<void>;
}

/** @throws what the system said when it could not be opened. */
export async function startRemote(opening: Opening): Promise<Remote> {
	const child = fork(join(import.meta.dirname, 'driver.ts'), {
		execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
		stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
	});
	let lastWords = '';
	child.stderr?.setEncoding('utf8').on('data', (text: string) => {
		lastWords = (lastWords + text).slice(-LAST_WORDS);
	});
	const gone = once(child, 'exit').then(([code, signal]) => {
		throw new Error(`The client ended with ${code ?? signal}. ${lastWords}`.trim());
	});
	gone.catch(() => {});

	async function ask(message: Opening | Task): Promise<Outcome> {
		const controller = new AbortController();
		const { signal } = controller;
		const timer = setTimeout(() => controller.abort(), DEADLINE_MS);
		try {
			child.send(message);
			const [reply] = (await Promise.race([once(child, 'message', { signal }), gone])) as [Reply];
			if ('failure' in reply) throw new Error(reply.failure);
			return reply.outcome;
		} catch (error) {
			if (!signal.aborted) throw error;
			throw new Error(`There was no answer within ${DEADLINE_MS / 1000} s. ${lastWords}`.trim());
		} finally {
			clearTimeout(timer);
		}
	}

	const remote: Remote = {
		pid: child.pid ?? 0,
		ask,
		async end() {
			child.kill('SIGKILL');
			await gone.catch(() => {});
		},
	};
	try {
		await ask(opening);
		return remote;
	} catch (error) {
		await remote.end();
		throw error;
	}
}
