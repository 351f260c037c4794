/** Containment on Linux and macOS: lifeline supervisor, undertaker, sweeps, and control groups where we may. */
import type { RunOutcome } from '../../queue/finish.ts';
import type { ContainedProcess, Containment, ContainmentCheck, Launch } from '../containment.ts';
import { type Cookies, createCookies } from '../cookie.ts';
import { type Cgroups, openCgroups } from './cgroups.ts';
import { killGroup, signal } from './group.ts';
import { type PidWorld, processStartTime, readPidWorld } from './identity.ts';
import { killLeftovers } from './leftovers.ts';
import { type PausedRun, pauseRun } from './pause.ts';
import { PipeStore } from './pipes.ts';
import { findProcesses, isProcfsThere } from './procfs.ts';
import { type BegunRun, Standby } from './standby.ts';
import { exitOutcome, openStatusFiles, type StatusFiles } from './statusFiles.ts';
import { type Supervisor, startSupervisor } from './supervisor.ts';
import { belongsTo, Sweeper, type Traces } from './sweeper.ts';
import { Undertaker } from './undertaker.ts';

export interface PosixContainmentOptions {
	readonly home: string;
	readonly statusFolder: string;
	/** Unique to the life of this daemon. */
	readonly instance: string;
	/** Use control groups where they are to be had. */
	readonly cgroups: boolean;
	readonly warn: (sentence: string) => void;
}

/** A supervisor whose watcher is gone has this long to end by itself. */
const ENDING_MS = 50;

/** What the runs of one daemon share. */
interface Means {
	readonly world: PidWorld;
	readonly cookies: Cookies;
	readonly statuses: StatusFiles;
	readonly undertaker: Undertaker;
	/** Undefined where processes cannot be looked at. */
	readonly sweeper: Sweeper | undefined;
	readonly cgroups: Cgroups | undefined;
	/** Undefined where those that Node makes will do. */
	readonly pipes: PipeStore | undefined;
	/** Undefined where a start has nothing to wait for. */
	readonly standby: Standby | undefined;
}

export async function createPosixContainment(
	options: PosixContainmentOptions,
): Promise<Containment> {
	const { home, instance, warn } = options;
	const cookies = createCookies(home, instance);
	const seesProcesses = process.platform === 'linux' && isProcfsThere();
	const cgroups =
		process.platform !== 'linux' || !options.cgroups
			? 'Control groups are not used.'
			: await openCgroups(cookies.folder, instance);
	const statuses = await openStatusFiles(options.statusFolder);
	const pipes =
		process.platform === 'linux' ? new PipeStore(`${options.statusFolder}-pipes`) : undefined;
	const standby =
		typeof cgroups === 'string' || pipes === undefined
			? undefined
			: new Standby({ instance, statuses, cgroups, pipes });
	const means: Means = {
		world: readPidWorld(),
		cookies,
		statuses,
		undertaker: new Undertaker({
			cookiePrefix: seesProcesses ? cookies.prefix : undefined,
			cgroup: typeof cgroups === 'string' ? undefined : cgroups.root,
			warn,
		}),
		sweeper: seesProcesses ? new Sweeper(warn) : undefined,
		cgroups: typeof cgroups === 'string' ? undefined : cgroups,
		pipes,
		standby,
	};

	return {
		async spawn(launch) {
			const { id, run } = launch;
			const cookie = cookies.of(id, run);
			const begun = means.standby?.begin(launch, cookie) ?? (await begin(launch, cookie, means));
			void means.standby?.prepare();
			return supervise(begun.supervisor, { id, run, cookie, cgroup: begun.cgroup }, means);
		},
		canPause: means.sweeper !== undefined || means.cgroups !== undefined,
		async cleanUp(recorded) {
			const killed = await killLeftovers(recorded, means.world, cookies);
			return killed + ((await means.cgroups?.cleanUp()) ?? 0);
		},
		async recordedOutcome(id, run) {
			const status = await statuses.read(id, run);
			return typeof status === 'number' ? exitOutcome(status) : undefined;
		},
		forget: (id, run) => statuses.remove(id, run),
		forgetAllBut: (runs) => statuses.removeAllBut(runs),
		checks: () => [
			...describe(means.undertaker, seesProcesses),
			{
				name: 'control groups',
				ok: true,
				message:
					typeof cgroups === 'string'
						? `${cgroups} Jobs are held by process group, session and cookie instead.`
						: `Every job has a control group of its own under ${cgroups.root}.`,
			},
		],
		// /proc tells it where it can be told: scheduling/cpu/own.ts.
		ownCpuMs: () => undefined,
		close() {
			means.standby?.close();
			means.undertaker.close();
			means.cgroups?.close();
		},
	};
}

/** @throws SpawnError when nothing was started. */
async function begin(launch: Launch, cookie: string, means: Means): Promise<BegunRun> {
	const { id, run } = launch;
	const cgroup = means.cgroups?.create(`${id}.${run}`);
	const pipes = await means.pipes?.open();
	try {
		const statusFile = means.statuses.path(id, run);
		const supervisor = await startSupervisor(launch, cookie, { statusFile, cgroup, pipes });
		return { supervisor, cgroup };
	} catch (error) {
		for (const end of [pipes?.stdout, pipes?.stderr]) end?.destroy();
		if (cgroup !== undefined) await means.cgroups?.remove(cgroup);
		throw error;
	} finally {
		pipes?.closeJobEnds();
	}
}

interface RunFacts {
	readonly id: string;
	readonly run: number;
	readonly cookie: string;
	readonly cgroup: string | undefined;
}

async function supervise(
	{ child, pid, stdout, stderr, lifeline, watcher }: Supervisor,
	{ id, run, cookie, cgroup }: RunFacts,
	means: Means,
): Promise<ContainedProcess> {
	const { undertaker, sweeper, cgroups, statuses, world } = means;
	let gone = false;
	let killed = false;
	let stopping = false;
	let paused: PausedRun | undefined;
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
		const timer = setTimeout(() => {
			if (!gone) signal(-pid, 'SIGKILL');
		}, ENDING_MS);
		void exited.then(() => clearTimeout(timer));
	});
	const startTime = (await processStartTime(pid)) ?? 'gone';
	const traces: Traces = { session: pid, startTime, cookie };
	if (!gone) undertaker.watch(pid, process.platform === 'linux' ? startTime : undefined);

	async function resume(): Promise<void> {
		const standing = paused;
		paused = undefined;
		await standing?.resume();
	}

	// What stands still, by our order or its own, could not hear the signal.
	async function wake(): Promise<void> {
		await resume();
		if (!gone) signal(-pid, 'SIGCONT');
	}

	async function standStill(): Promise<PausedRun | undefined> {
		if (cgroups !== undefined && cgroup !== undefined) {
			if (!(await cgroups.freeze(cgroup))) return undefined;
			return { resume: async () => cgroups.thaw(cgroup) };
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
			const outcome = outcomeOf(await statuses.read(id, run), exit);
			// We killed it, and its supervisor lived just long enough to say so.
			const wasOurKill = killed && outcome.kind === 'exit' && outcome.signal === 'SIGKILL';
			return wasOurKill ? { kind: 'signal', signal: 'SIGKILL' } : outcome;
		}),
		async clear(all) {
			await resume();
			await killGroup(pid);
			if (cgroups !== undefined && cgroup !== undefined) await cgroups.remove(cgroup);
			// A process may have had itself moved to another control group.
			if (all) await sweeper?.clear(traces);
			else void sweeper?.clear(traces);
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
			paused = await standStill();
			// It may have been stopped, or have ended, while it came to a stand.
			if (stopping || gone) await wake();
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

function outcomeOf(
	status: number | 'empty' | 'absent',
	exit: { code: number | null; signal: string | null },
): RunOutcome {
	if (typeof status === 'number') return exitOutcome(status);
	if (exit.code !== null) return exitOutcome(exit.code);
	return { kind: 'signal', signal: exit.signal ?? 'SIGKILL' };
}

function describe(undertaker: Undertaker, seesProcesses: boolean): ContainmentCheck[] {
	const alive = undertaker.pid !== undefined;
	return [
		{
			name: 'containment',
			ok: alive,
			message: alive
				? 'Every job runs in a process group of its own that dies with the daemon; the process that cleans up behind the daemon is alive.'
				: 'The process that cleans up behind the daemon is not running: restart the daemon.',
		},
		{
			name: 'processes that leave their group',
			ok: seesProcesses || process.platform !== 'linux',
			message: seesProcesses
				? 'They are found again by session and cookie.'
				: process.platform === 'linux'
					? '/proc is not mounted, so a process that leaves its job cannot be found.'
					: 'This system does not show the environment of processes, so a process that starts a session of its own can outlive its job.',
		},
	];
}
