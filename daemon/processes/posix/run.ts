/** One run under its supervisor, from its begin to its end: stopping, pausing, and how it ended. */
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../../shared/errors.ts';
import { patiently } from '../../disks/patience.ts';
import type { RunOutcome } from '../../queue/ports/runs.ts';
import type { ContainedProcess, Launch } from '../containment.ts';
import type { Terminal } from '../terminal/open.ts';
import type { Cgroups } from './cgroups.ts';
import { costIn, groupAccounts, leftIn } from './cost.ts';
import { killGroup, signal } from './group.ts';
import { type PidWorld, processStartTime } from './identity.ts';
import { type Left, nameOf } from './left.ts';
import type { RunCaps } from './limitGroups.ts';
import { membersOf, memoryOf } from './memory.ts';
import { pauseRun, type Stand } from './pause.ts';
import { findProcesses, type ProcessInfo } from './procfs.ts';
import { foreignProgram, refusalOf } from './refusal.ts';
import { exitOutcome, exitStatus, type Status, type StatusFiles } from './statusFiles.ts';
import type { Supervisor } from './supervisor.ts';
import { belongsTo, type Sweeper, type Traces } from './sweeper.ts';
import type { Undertaker } from './undertaker.ts';

/** A supervisor whose watcher is gone has this long to end by itself. */
const ENDING_MS = 50;
/** Without its start time a process can still be stopped, and is not known again after a restart. */
const IDENTIFIED_WITHIN_MS = 2000;
const SEEN_WITHIN_MS = 5000;
const LONGEST_WAIT_MS = 500;

/** What the runs of one daemon share while they go on. */
export interface RunMeans {
	readonly warn: (sentence: string) => void;
	readonly world: PidWorld;
	readonly statuses: StatusFiles;
	readonly undertaker: Undertaker;
	/** Undefined where processes cannot be looked at. */
	readonly sweeper: Sweeper | undefined;
	readonly cgroups: Cgroups | undefined;
	readonly left: Left;
}

export interface RunFacts {
	readonly id: string;
	readonly run: number;
	readonly cookie: string;
	readonly cgroup: string | undefined;
	/** Undefined where it has none. */
	readonly caps: RunCaps | undefined;
	readonly leaveBehind: boolean;
	/** Undefined where it has none. */
	readonly terminal: Terminal | undefined;
	/** Paths at which its program may be. */
	readonly program: readonly string[];
}

export async function supervise(
	{ child, pid, stdout, stderr, lifeline, watcher }: Supervisor,
	{ id, run, cookie, cgroup, caps, leaveBehind, terminal, program }: RunFacts,
	means: RunMeans,
): Promise<ContainedProcess> {
	const { undertaker, sweeper, cgroups, statuses, world } = means;
	let gone = false;
	let killed = false;
	let stopping = false;
	let paused: Stand | undefined;
	let mayStay = false;
	let spared: readonly string[] = [];
	const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
		child.once('exit', (code, name) => {
			gone = true;
			undertaker.release(pid);
			lifeline.destroy();
			resolve({ code, signal: name });
		});
	});
	// Its watcher was killed while the supervisor lives: nobody else would end the group. A supervisor that
	// ends by itself kills its watcher first, and is given the moment that it needs.
	lifeline.onClose(() => {
		const timer = setTimeout(async () => {
			// It has ended by itself, and what it leaves is not to be touched.
			if (leaveBehind && (await statuses.read(id, run)).kind === 'exit') return;
			if (!gone) signal(-pid, 'SIGKILL');
		}, ENDING_MS);
		void exited.then(() => clearTimeout(timer));
	});
	terminal?.onLost(() => {
		if (gone) return;
		means.warn(`The terminal of job ${id} is gone, and its run is ended with it.`);
		killed = true;
		lifeline.destroy();
	});
	const found = await patiently(() => processStartTime(pid), IDENTIFIED_WITHIN_MS).catch(
		() => undefined,
	);
	const startTime = found ?? 'gone';
	const traces: Traces = { session: pid, startTime, cookie };
	if (!gone) undertaker.watch(pid, process.platform === 'linux' ? startTime : undefined);

	const isSeen = () => sweeper !== undefined && !gone;
	const isMember = (found: ProcessInfo) => belongsTo(found, traces);

	// Without a descriptor it cannot be done at the moment: it is tried until it is, or nobody is left.
	async function resume(): Promise<void> {
		const standing = paused;
		if (standing === undefined) return;
		for (let wait = 10; !gone; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
			try {
				await standing.resume();
				break;
			} catch {
				await delay(wait);
			}
		}
		if (paused === standing) paused = undefined;
	}

	// What stands still, by our order or its own, could not hear the signal.
	async function wake(): Promise<void> {
		await resume();
		if (!gone) signal(-pid, 'SIGCONT');
	}

	// Recorded before anything is cleared: should the daemon die now, nobody kills what may stay.
	async function spare(): Promise<void> {
		const staying = await patiently(() => findProcesses(isMember), SEEN_WITHIN_MS).catch(
			() => undefined,
		);
		// Whom nobody can see may be there all the same.
		if (staying?.length === 0 || !means.left.keep(id, run, cookie)) return;
		undertaker.spare(cookie);
		mayStay = true;
		if (staying === undefined) means.warn(`What job ${id} left behind cannot be seen, and stays.`);
		else spared = staying.map(({ pid }) => `${nameOf(pid)} (pid ${pid})`);
	}

	async function standStill(): Promise<Stand | undefined> {
		if (cgroups !== undefined && cgroup !== undefined) {
			const frozen = await cgroups.freeze(cgroup).catch(() => undefined);
			if (frozen === false) return undefined;
			return { still: frozen === true, resume: async () => cgroups.thaw(cgroup) };
		}
		if (sweeper === undefined) return undefined;
		const watching = await watcher;
		return watching === undefined || gone ? undefined : pauseRun({ traces, watcher: watching });
	}

	return {
		identity: { pid, pgid: pid, startTime, ...world, cookie },
		stdout,
		stderr,
		ended: exited.then(async (exit) => {
			// A supervisor that ends with a code could not leave it in the file.
			const { code, signal: name } = exit;
			const status = code === null ? await statuses.read(id, run) : exitStatus(code);
			if (status.kind === 'unreadable') means.warn(unreadable(id, status.error));
			const outcome = await outcomeOf(status, name, program);
			// We killed it, and its supervisor lived just long enough to say so.
			const wasOurKill = killed && outcome.kind === 'exit' && outcome.signal === 'SIGKILL';
			if (leaveBehind && outcome.kind === 'exit' && !stopping && !killed) await spare();
			return wasOurKill ? { kind: 'signal', signal: 'SIGKILL' } : outcome;
		}),
		members: async () => (isSeen() ? membersOf(cgroup, isMember) : undefined),
		memory: async () => (isSeen() ? memoryOf(cgroup, isMember) : undefined),
		overMemory: () => caps?.overMemory(),
		cost() {
			const group = cgroup === undefined ? '' : groupAccounts(cgroup);
			const peak = caps?.peak();
			const capped = peak === undefined ? '' : `peak ${peak}`;
			return costIn(`${statuses.cost(id, run)}\n${group}\n${capped}`);
		},
		left: () => leftIn(statuses.cost(id, run)),
		spared: () => spared,
		async clear(all) {
			await resume();
			// Its folders are soon gone, and what they tell with them.
			caps?.overMemory();
			if (mayStay) {
				void caps?.remove();
				return;
			}
			await killGroup({ pid, startTime: found });
			if (cgroups !== undefined && cgroup !== undefined) await cgroups.remove(cgroup);
			// A process may have had itself moved to another control group.
			if (all) await sweeper?.clear(traces);
			else void sweeper?.clear(traces);
			void caps?.remove();
		},
		stop(graceMs) {
			if (gone) return;
			stopping = true;
			lifeline.send('TERM');
			if (sweeper !== undefined) void terminateOutsiders(traces);
			const timer = setTimeout(() => {
				killed = true;
				lifeline.destroy();
				if (!gone) signal(-pid, 'SIGKILL');
			}, graceMs);
			void exited.then(() => clearTimeout(timer));
			void wake();
		},
		async pause() {
			if (gone || stopping || paused !== undefined) return paused !== undefined;
			const stand = await standStill();
			paused = stand;
			// Some of it may stand where all of it would not. And it may have been stopped, or have ended, meanwhile.
			if (stand?.still === false || stopping || gone) await wake();
			return paused !== undefined;
		},
		resume,
	};
}

// `timeout` and shells with job control put children into groups of their own: they too get to say goodbye.
async function terminateOutsiders(traces: Traces): Promise<void> {
	await findProcesses(
		(found) =>
			found.group !== traces.session && belongsTo(found, traces) && signal(found.pid, 'SIGTERM'),
	).catch(() => []);
}

async function outcomeOf(
	status: Status,
	signal: string | null,
	program: readonly string[],
): Promise<RunOutcome> {
	if (status.kind === 'refused') return refusalOf(status);
	// It may be there and say anything: the run is not known to have failed.
	if (status.kind === 'unreadable') return { kind: 'interrupted' };
	if (status.kind !== 'exit') return { kind: 'signal', signal: signal ?? 'SIGKILL' };
	return (await whatShellMadeOfIt(status.code, program)) ?? exitOutcome(status.code);
}

/** With these a shell ends that was given a program for another machine to read. */
const SHELL_IS_LOST = [2, 126, 127];

async function whatShellMadeOfIt(
	code: number,
	program: readonly string[],
): Promise<RunOutcome | undefined> {
	if (process.platform !== 'linux' || !SHELL_IS_LOST.includes(code)) return undefined;
	for (const file of program) {
		const found = await foreignProgram(file);
		if (found !== 'absent') return found;
	}
	return undefined;
}

export function programOf({ command, cwd, env }: Launch): string[] {
	if (command.includes('/')) return [resolve(cwd, command)];
	return (env['PATH'] ?? '').split(':').map((folder) => resolve(cwd, folder, command));
}

export function unreadable(id: string, error: unknown): string {
	return `How job ${id} ended cannot be read (${errorMessage(error)}), so it counts as interrupted.`;
}
