/**
 * Linux: stopping every process of a run, and letting them go on (docs/processes.md section 3a). The group is
 * stopped as one against forks; the rest one by one, ancestors first, so that no shell sees a child stop.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { signal, signalGroup } from './group.ts';
import { findProcesses, type ProcessInfo, readProcess } from './procfs.ts';
import { belongsTo, type Traces } from './sweeper.ts';

export interface PausableRun {
	readonly traces: Traces;
	readonly watcher: number;
}

export interface Stand {
	/** False when some of it would not, or could not be seen. */
	readonly still: boolean;
	/** Lets them go on, except those that the job itself had stopped. Rejects where that cannot be done just now. */
	resume(): Promise<void>;
}

const ANCESTORS_MS = 40;
/** A quiet machine needs 5 to 20 ms. */
const LIMIT_MS = 1000;
const RESUME_MS = 2000;
const RESCAN_MS = 1000;

/** Never rejects. Where the run does not stand still, some of it may: it must be resumed. */
export async function pauseRun(run: PausableRun): Promise<Stand> {
	let stoppedBefore: ReadonlySet<string>;
	try {
		stoppedBefore = new Set((await membersOf(run)).filter(isStopped).map(nameOf));
	} catch {
		return { still: false, resume: async () => {} };
	}
	const still = await bringToStand(run).catch(() => false);
	const rescan = still ? keepStanding(run) : undefined;
	return {
		still,
		async resume() {
			clearInterval(rescan);
			await goOn(run, stoppedBefore);
		},
	};
}

async function bringToStand(run: PausableRun): Promise<boolean> {
	const { session: supervisor, startTime } = run.traces;
	const began = performance.now();
	const within = (ms: number) => performance.now() - began < ms;
	while (within(ANCESTORS_MS)) {
		if ((await stopMoving(run)) === 0) break;
	}
	// In one go: the watcher must hear at once should the daemon die.
	if (!signalGroup({ pid: supervisor, startTime }, 'SIGSTOP')) return false;
	signal(run.watcher, 'SIGCONT');
	signal(supervisor, 'SIGCONT');

	let clean = 0;
	while (clean < 2 && within(LIMIT_MS)) {
		const moving = await stopMoving(run);
		clean = moving === 0 ? clean + 1 : 0;
		if (moving > 0) await delay(1);
	}
	return clean >= 2;
}

// A chain of processes that fork and exit may still be on its way past us.
function keepStanding(run: PausableRun): NodeJS.Timeout {
	async function look(): Promise<void> {
		if (readProcess(run.traces.session)?.startTime === run.traces.startTime) await stopMoving(run);
		else clearInterval(rescan);
	}
	const rescan = setInterval(() => {
		// Without a descriptor nothing can be seen: the next look will.
		look().catch(() => {});
	}, RESCAN_MS);
	rescan.unref();
	return rescan;
}

/** Stops those whose parent stands still already; returns how many were moving. */
async function stopMoving(run: PausableRun): Promise<number> {
	const members = await membersOf(run);
	const still = new Set(members.filter(isStill).map(({ pid }) => pid));
	const pids = new Set(members.map(({ pid }) => pid));
	let moving = 0;
	for (const { pid, parent, state } of members) {
		if (state === 'D') signal(pid, 'SIGSTOP');
		if (still.has(pid)) continue;
		moving++;
		if (!pids.has(parent) || still.has(parent)) signal(pid, 'SIGSTOP');
	}
	return moving;
}

async function goOn(run: PausableRun, stoppedBefore: ReadonlySet<string>): Promise<void> {
	const { session: pid, startTime } = run.traces;
	const end = performance.now() + RESUME_MS;
	for (let clean = 0; clean < 2 && performance.now() < end; ) {
		const members = await membersOf(run);
		const stopped = members.filter(
			(member) => isStopped(member) && !stoppedBefore.has(nameOf(member)),
		);
		for (const member of deepestFirst(stopped, members)) signal(member.pid, 'SIGCONT');
		if (stoppedBefore.size === 0) signalGroup({ pid, startTime }, 'SIGCONT');
		clean = stopped.length === 0 ? clean + 1 : 0;
	}
}

function deepestFirst(some: readonly ProcessInfo[], all: readonly ProcessInfo[]): ProcessInfo[] {
	const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
	const depth = (pid: number): number => {
		const parent = parents.get(pid);
		return parent === undefined ? 0 : 1 + depth(parent);
	};
	return [...some].sort((a, b) => depth(b.pid) - depth(a.pid));
}

async function membersOf({ traces, watcher }: PausableRun): Promise<ProcessInfo[]> {
	const all = await snapshot();
	return all.filter(
		(process) =>
			process.pid !== traces.session && process.pid !== watcher && belongsTo(process, traces),
	);
}

const nameOf = ({ pid, startTime }: ProcessInfo) => `${pid}:${startTime}`;
const isStopped = ({ state }: ProcessInfo) => state === 'T' || state === 't';
// Uninterruptible is as good as stopped: the signal takes hold before it runs again.
const isStill = (process: ProcessInfo) => isStopped(process) || process.state === 'D';

let coming: Promise<ProcessInfo[]> | undefined;
let current: Promise<unknown> = Promise.resolve();

/** A look at all processes that begins after this call; all who ask meanwhile share it. */
function snapshot(): Promise<ProcessInfo[]> {
	coming ??= current.then(() => {
		const scan = findProcesses(() => true);
		coming = undefined;
		current = scan.catch(() => {});
		return scan;
	});
	return coming;
}
