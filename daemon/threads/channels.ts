/** How the daemon's own thread speaks with what answers it: a thread, or a process of its own. */
import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { inheritedEnvironment } from '../../shared/environment.ts';
import { errorCode, isShortage } from '../../shared/errors.ts';
import { nodeArguments } from '../../shared/nodeArguments.ts';
import type { ThreadAnswer, ThreadMessage } from './messages.ts';

export interface Channel {
	say(message: ThreadMessage): void;
	onAnswer(listen: (answer: ThreadAnswer) => void): void;
	/** Told once, with the reason, when nothing is to be heard from there any more. */
	onEnd(listen: (reason: string) => void): void;
}

export interface ThreadProgram {
	/** The bundle that it runs. */
	readonly entry: string;
	readonly workerData: unknown;
	/** A request that needs more memory than this ends its thread, not the process. */
	readonly heapMb: number;
}

/** Left alone V8 takes more and gives nothing back: two threads that searched held 234 MiB, and 143 with a bound of 6. */
const YOUNG_MB = 8;

/** Resolves when it is up; rejects where it cannot be started. */
export function openThread({ entry, workerData, heapMb }: ThreadProgram): Promise<Channel> {
	return new Promise((resolve, reject) => {
		const worker = new Worker(entry, {
			workerData,
			execArgv: [],
			resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: YOUNG_MB },
		});
		let reason = 'its thread was ended';
		worker.on('error', (error: Error) => {
			reason = error.message;
			reject(error);
		});
		const channel: Channel = {
			say: (message) => worker.postMessage(message),
			onAnswer: (listen) => void worker.on('message', listen),
			onEnd: (listen) => void worker.once('exit', () => listen(reason)),
		};
		worker.once('online', () => resolve(channel));
	});
}

export interface ProcessProgram {
	/** The Node, or Electron, that is there to run it. */
	readonly node: () => string;
	/** The bundle that it runs. */
	readonly entry: string;
	readonly args: readonly string[];
}

/** As openThread. It hears of our end, whatever that was, when the kernel closes what we speak through. */
export function openProcess({ node, entry, args }: ProcessProgram): Promise<Channel> {
	return new Promise((resolve, reject) => {
		const program = node();
		const child = spawn(program, [...nodeArguments(program), entry, ...args], {
			env: { ...inheritedEnvironment(process.env), ELECTRON_RUN_AS_NODE: '1' },
			windowsHide: true,
			serialization: 'advanced',
			// What it dies of goes where our own errors go.
			stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
		});
		// Later ones are of messages that do not arrive: of that its end tells.
		child.on('error', reject);
		const channel: Channel = {
			// Whether it arrives is told by its answer, or its end.
			say: (message) => void child.send(message, () => {}),
			onAnswer: (listen) => void child.on('message', (answer) => listen(answer as ThreadAnswer)),
			onEnd: (listen) =>
				void child.once('exit', (code, signal) => {
					const reason = `its process ended with ${signal ?? `exit code ${code}`}`;
					// What it said before is still to be read.
					if (child.connected) child.once('disconnect', () => listen(reason));
					else listen(reason);
				}),
		};
		child.once('spawn', () => resolve(channel));
	});
}

/** Whether one that could not be started may be started soon: a thread names no cause but in words. */
export function mayStartYet(error: unknown): boolean {
	return isShortage(error) || errorCode(error) === 'ERR_WORKER_INIT_FAILED';
}
