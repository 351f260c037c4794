/**
 * Linux: finding what an ended run has left outside its process group, by session and by cookie. One look at
 * all processes serves every run that ended meanwhile, and looks keep their distance.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../../shared/errors.ts';
import { cookieIn } from '../cookie.ts';
import { signal } from './group.ts';
import { findProcesses, type ProcessInfo, readEnvironment, readProcess } from './procfs.ts';

export interface Traces {
	/** Also the pid of the supervisor that led it. */
	readonly session: number;
	readonly startTime: string;
	readonly cookie: string;
}

interface Sweep {
	readonly traces: Traces;
	readonly done: () => void;
	clean: number;
	readonly since: number;
}

const DISTANCE_MS = 250;
/** Whoever is still there after this long is stuck in the kernel. */
const LIMIT_MS = 5000;

export class Sweeper {
	readonly #warn: (sentence: string) => void;
	#waiting: Sweep[] = [];
	#timer: NodeJS.Timeout | undefined;
	#sweeping = false;
	#last = Number.NEGATIVE_INFINITY;

	constructor(warn: (sentence: string) => void) {
		this.#warn = warn;
	}

	/** Resolves when two looks in a row found nobody. */
	clear(traces: Traces): Promise<void> {
		return new Promise((done) => {
			this.#waiting.push({ traces, done, clean: 0, since: performance.now() });
			this.#schedule();
		});
	}

	#schedule(): void {
		if (this.#sweeping || this.#timer !== undefined || this.#waiting.length === 0) return;
		const wait = Math.max(0, this.#last + DISTANCE_MS - performance.now());
		this.#timer = setTimeout(() => void this.#round(), wait);
		this.#timer.unref();
	}

	async #round(): Promise<void> {
		this.#timer = undefined;
		this.#sweeping = true;
		const sweeps = this.#waiting.splice(0);
		try {
			await sweepAll(sweeps);
		} catch (error) {
			this.#warn(
				`What ended jobs may have left behind could not be looked for: ${errorMessage(error)}`,
			);
			for (const { done } of sweeps) done();
		}
		this.#last = performance.now();
		this.#sweeping = false;
		this.#schedule();
	}
}

async function sweepAll(sweeps: readonly Sweep[]): Promise<void> {
	let open = sweeps;
	for (let wait = 1; open.length > 0; wait = Math.min(wait * 2, 50)) {
		const left = await killRemains(open.map((sweep) => sweep.traces));
		for (const sweep of open) sweep.clean = left.has(sweep.traces) ? 0 : sweep.clean + 1;
		const now = performance.now();
		const isDone = ({ clean, since }: Sweep) => clean >= 2 || now - since > LIMIT_MS;
		for (const sweep of open) if (isDone(sweep)) sweep.done();
		open = open.filter((sweep) => !isDone(sweep));
		if (left.size > 0) await delay(wait);
	}
}

/** Kills what is left of the runs; resolves with those of which something was found. */
async function killRemains(runs: readonly Traces[]): Promise<Set<Traces>> {
	const bySession = new Map(runs.map((traces) => [traces.session, traces]));
	const byCookie = new Map(runs.map((traces) => [traces.cookie, traces]));
	const left = new Set<Traces>();
	await findProcesses((process) => {
		const traces =
			inSession(process, bySession.get(process.session)) ??
			byCookie.get(cookieIn(readEnvironment(process.pid) ?? '') ?? '');
		if (traces === undefined) return false;
		left.add(traces);
		return signal(process.pid, 'SIGKILL');
	});
	return left;
}

/** Whether the process is one of the run, its supervisor and the watcher included. */
export function belongsTo(process: ProcessInfo, traces: Traces): boolean {
	if (process.session === traces.session) return inSession(process, traces) !== undefined;
	return cookieIn(readEnvironment(process.pid) ?? '') === traces.cookie;
}

// A session's number is free for strangers only once the session is empty; a living leader of another
// start time is such a stranger.
function inSession(process: ProcessInfo, traces: Traces | undefined): Traces | undefined {
	if (traces === undefined) return undefined;
	const leader = process.pid === traces.session ? process : readProcess(traces.session);
	return leader === undefined || leader.startTime === traces.startTime ? traces : undefined;
}
