/** Servers that end with us, whatever happens to us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface Server {
	readonly pid: number;
	/** Where its clients connect. */
	readonly endpoint: string;
	/** Rejects when it ends, with its last words. Absent where the clients notice that themselves. */
	readonly lost?: Promise<never>;
	stop(): Promise<void>;
}

export interface BoundOptions {
	readonly program: string;
	readonly args: readonly string[];
	/** Ends it at once, and in order. */
	readonly signal: 'SIGKILL' | 'SIGQUIT';
	readonly user?: { readonly uid: number; readonly gid: number } | undefined;
	/** What it writes when it may be connected to. */
	readonly readyWhen: string;
	readonly endpoint: string;
}

const READY_MS = 60_000;
const LAST_WORDS = 300;

export function asUser(options: Pick<BoundOptions, 'program' | 'args' | 'signal' | 'user'>) {
	const { program, args, signal, user } = options;
	const become =
		user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
	return ['--pdeathsig', signal.slice(3), ...become, program, ...args];
}

/** @throws with its last words when it does not become ready. */
export async function startBound(options: BoundOptions): Promise<Server> {
	const child = spawn('setpriv', asUser(options), { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
	const gone = once(child, 'exit');
	const stop = async () => {
		child.kill(options.signal);
		await gone;
	};
	let said = '';
	const ready = new Promise<void>((resolve) => {
		const hear = (text: string) => {
			said += text;
			if (said.includes(options.readyWhen)) resolve();
			said = said.slice(-LAST_WORDS);
		};
		for (const stream of streamsOf(child)) stream.setEncoding('utf8').on('data', hear);
	});
	const ended = gone.then(([code, signal]) => {
		throw new Error(`${options.program} ended with ${code ?? signal}: ${said}`);
	});
	ended.catch(() => {});
	const late = new AbortController();
	const tooLate = delay(READY_MS, undefined, { signal: late.signal }).then(() => {
		throw new Error(`${options.program} was not ready within ${READY_MS / 1000} s: ${said}`);
	});
	tooLate.catch(() => {});
	try {
		await Promise.race([ready, ended, tooLate]);
		return { pid: child.pid ?? 0, endpoint: options.endpoint, lost: ended, stop };
	} catch (error) {
		if (child.pid !== undefined && child.exitCode === null) await stop();
		throw error;
	} finally {
		late.abort();
	}
}

function streamsOf(child: ChildProcess) {
	return [child.stdout, child.stderr].filter((stream) => stream !== null);
}
