/** Containment on Linux and macOS: lifeline supervisor, undertaker, sweeps, and control groups where we may. */
import { join } from 'node:path';
import { errorMessage } from '../../../shared/errors.ts';
import type { Cap, Containment, ContainmentCheck, Launch } from '../containment.ts';
import { createCookies } from '../cookie.ts';
import { problemsIn } from '../problems/collect.ts';
import {
	describeTerminals,
	openTerminal,
	type Terminal,
	type TerminalMeans,
} from '../terminal/open.ts';
import { openCgroups } from './cgroups.ts';
import { costIn, keepAccounts } from './cost.ts';
import { readPidWorld } from './identity.ts';
import { openLeft } from './left.ts';
import { killLeftovers } from './leftovers.ts';
import { type LimitGroups, openLimitGroups, type RunCaps, readControllers } from './limitGroups.ts';
import { createPace, type Pace } from './pace.ts';
import { type OutputPipes, PipeStore } from './pipes.ts';
import { isProcfsThere } from './procfs.ts';
import { refusalOf } from './refusal.ts';
import { programOf, type RunMeans, supervise, unreadable } from './run.ts';
import { type BegunRun, Standby } from './standby.ts';
import { exitOutcome, openStatusFiles } from './statusFiles.ts';
import { startSupervisor } from './supervisor.ts';
import { Sweeper } from './sweeper.ts';
import { Undertaker } from './undertaker.ts';

export interface PosixContainmentOptions {
	readonly home: string;
	readonly statusFolder: string;
	/** Unique to the life of this daemon. */
	readonly instance: string;
	/** Use control groups where they are to be had. */
	readonly cgroups: boolean;
	/** Undefined: runs get none. */
	readonly terminals?: TerminalMeans;
	readonly warn: (sentence: string) => void;
}

interface Means extends RunMeans {
	/** Undefined where those that Node makes will do. */
	readonly pipes: PipeStore | undefined;
	readonly pace: Pace;
	/** Undefined where a start has nothing to wait for. */
	readonly standby: Standby | undefined;
	/** Undefined where there are none. */
	readonly limits: LimitGroups | undefined;
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
			: await openCgroups(cookies.folder, instance, (name, folder) =>
					keepAccounts(join(options.statusFolder, name), folder),
				);
	const limits =
		process.platform !== 'linux' || !options.cgroups
			? undefined
			: openLimitGroups({
					folderKey: cookies.folder,
					instance,
					unified: typeof cgroups === 'string' ? new Set() : cgroups.controllers,
					...readControllers(),
				});
	const left = openLeft(`${options.statusFolder}-left`);
	const statuses = await openStatusFiles(options.statusFolder);
	const pace = createPace();
	const pipes =
		process.platform === 'linux' ? new PipeStore(`${options.statusFolder}-pipes`) : undefined;
	const standby =
		typeof cgroups === 'string' || pipes === undefined
			? undefined
			: new Standby({ instance, statuses, cgroups, pipes, pace });
	const means: Means = {
		warn,
		world: readPidWorld(),
		statuses,
		undertaker: new Undertaker({
			cookiePrefix: seesProcesses ? cookies.prefix : undefined,
			cgroup: typeof cgroups === 'string' ? undefined : cgroups.root,
			statusFolder: options.statusFolder,
			warn,
		}),
		sweeper: seesProcesses ? new Sweeper(warn) : undefined,
		cgroups: typeof cgroups === 'string' ? undefined : cgroups,
		pipes,
		pace,
		standby,
		limits,
		left,
	};

	/** @throws SpawnError LIMITS */
	function cap({ id, run, caps }: Launch, cgroup: string | undefined): RunCaps | undefined {
		if (limits === undefined || Object.keys(caps).length === 0) return undefined;
		return limits.create(`${id}.${run}`, caps, cgroup);
	}

	/** @throws SpawnError when nothing was started. */
	async function begin(
		launch: Launch,
		cookie: string,
		terminal: Terminal | undefined,
	): Promise<BegunRun> {
		const { id, run } = launch;
		// A control group dies with its daemon: what may stay is held by group, session and cookie.
		const cgroup = launch.leaveBehind ? undefined : means.cgroups?.create(`${id}.${run}`);
		let caps: RunCaps | undefined;
		let pipes: OutputPipes | undefined;
		try {
			caps = cap(launch, cgroup);
			if (terminal === undefined) pipes = await means.pipes?.open();
			const statusFile = means.statuses.path(id, run);
			const options = { statusFile, cgroup, pipes, terminal, pace: means.pace };
			const supervisor = await startSupervisor(launch, cookie, caps?.folders ?? [], options);
			return { supervisor, cgroup, caps };
		} catch (error) {
			for (const end of [pipes?.stdout, pipes?.stderr, terminal?.stdout]) end?.destroy();
			if (cgroup !== undefined) await means.cgroups?.remove(cgroup);
			await caps?.remove();
			throw error;
		} finally {
			pipes?.closeJobEnds();
		}
	}

	/** A sentence where it is to have one and there is none. */
	async function terminalFor({ terminal }: Launch): Promise<Terminal | string | undefined> {
		if (terminal === undefined) return undefined;
		if (options.terminals === undefined) return 'there are none here';
		return openTerminal(options.terminals, terminal);
	}

	return {
		async spawn(launch) {
			const { id, run } = launch;
			const cookie = cookies.of(id, run);
			const opened = await terminalFor(launch);
			const terminal = typeof opened === 'string' ? undefined : opened;
			const isUsual = !launch.leaveBehind && terminal === undefined;
			const waiting = isUsual ? means.standby?.begin(launch, cookie, cap) : undefined;
			const begun = waiting ?? (await begin(launch, cookie, terminal));
			void means.standby?.prepare();
			const { supervisor, cgroup, caps } = begun;
			const { leaveBehind } = launch;
			const program = programOf(launch);
			const facts = { id, run, cookie, cgroup, caps, leaveBehind, terminal, program };
			const contained = await supervise(supervisor, facts, means);
			if (typeof opened !== 'string') return contained;
			return { ...contained, remark: `it runs without a terminal: ${opened}` };
		},
		seesMemory: seesProcesses,
		canLeave: seesProcesses,
		left: left.of,
		countLeft: left.count,
		endLeft: left.end,
		kept: limits?.kept ?? new Set(),
		canPause: means.sweeper !== undefined || means.cgroups !== undefined,
		async cleanUp(recorded) {
			const killed = await killLeftovers(recorded, means.world, cookies, left.cookies());
			const inGroups = (await means.cgroups?.cleanUp()) ?? 0;
			means.limits?.cleanUp();
			await left.prune();
			return killed + inGroups;
		},
		async recorded(id, run) {
			const status = await statuses.read(id, run);
			if (status.kind === 'unreadable') warn(unreadable(id, status.error));
			if (status.kind === 'refused')
				return {
					outcome: await refusalOf(status),
					taken: true,
					result: undefined,
				};
			if (status.kind !== 'exit') return undefined;
			const exit = exitOutcome(status.code);
			try {
				const again = await statuses.again(id, run);
				const outcome = again === undefined ? exit : { ...exit, again };
				return { outcome, taken: status.taken, result: await statuses.result(id, run) };
			} catch (error) {
				warn(
					`The result of job ${id} cannot be read (${errorMessage(error)}), so it counts as lost.`,
				);
				return { outcome: exit, taken: false, result: undefined };
			}
		},
		recordedCost: (id, run) => costIn(statuses.cost(id, run)),
		keepResult: (id, run, json) => statuses.keepResult(id, run, json),
		keepAgain: (id, run, json) => statuses.keepAgain(id, run, json),
		keepProblem: (id, run, json) => statuses.keepProblem(id, run, json),
		recordedProblems: (id, run) => problemsIn(statuses.problems(id, run)),
		markTaken: (id, run) => statuses.markTaken(id, run),
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
			{ name: 'limits of jobs', ok: true, message: describeLimits(limits?.kept, seesProcesses) },
			{ name: 'terminals of jobs', ok: true, message: describeTerminals(options.terminals) },
		],
		// /proc tells it where it can be told: scheduling/cpu/own.ts.
		ownCpuMs: () => undefined,
		close() {
			means.standby?.close();
			means.undertaker.close();
			means.cgroups?.close();
			means.limits?.close();
		},
	};
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

function describeLimits(kept: ReadonlySet<Cap> | undefined, seesProcesses: boolean): string {
	const words = { memory: 'memory', cpus: 'CPU time', processes: 'the number of processes' };
	const all = Object.keys(words) as Cap[];
	const named = (caps: readonly Cap[]) => caps.map((cap) => words[cap]).join(', ');
	const open = all.filter((cap) => !kept?.has(cap) && !(cap === 'memory' && seesProcesses));
	return [
		kept?.size ? `The system keeps those of ${named(all.filter((cap) => kept.has(cap)))}.` : '',
		seesProcesses && !kept?.has('memory') ? 'Memory is looked at once a second.' : '',
		open.length > 0 ? `Those of ${named(open)} cannot be enforced here.` : '',
	]
		.filter((sentence) => sentence !== '')
		.join(' ');
}
