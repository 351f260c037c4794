/**
 * Linux, where control groups are used: one supervisor ahead of its job. Moving a process into a control group
 * takes the kernel 5 to 15 ms; the next job finds one that has been moved already.
 */
import { type Launch, SpawnError } from '../containment.ts';
import type { Cgroups } from './cgroups.ts';
import type { RunCaps } from './limitGroups.ts';
import type { Pace } from './pace.ts';
import type { PipeStore } from './pipes.ts';
import type { StatusFiles } from './statusFiles.ts';
import {
	jobScript,
	removeFile,
	type Supervisor,
	startWaitingSupervisor,
	writeJobFile,
} from './supervisor.ts';

export interface StandbyOptions {
	/** Unique to the life of this daemon. */
	readonly instance: string;
	readonly statuses: StatusFiles;
	readonly cgroups: Cgroups;
	readonly pipes: PipeStore;
	readonly pace: Pace;
}

export interface BegunRun {
	readonly supervisor: Supervisor;
	readonly cgroup: string | undefined;
	/** Undefined where it has none. */
	readonly caps: RunCaps | undefined;
}

/** Gives the run in that control group its caps. @throws SpawnError LIMITS */
export type Capping = (launch: Launch, cgroup: string | undefined) => RunCaps | undefined;

interface Waiting {
	readonly name: string;
	readonly supervisor: Supervisor;
	readonly cgroup: string;
	readonly expiry: NodeJS.Timeout;
}

/** After this long without a job a daemon does without. */
const KEPT_MS = 60_000;
/** Larger command lines and environments go the usual way, where the system says what it cannot take. */
const MAX_SCRIPT_BYTES = 65_536;

export class Standby {
	readonly #options: StandbyOptions;
	#waiting: Waiting | undefined;
	#preparing = false;
	#made = 0;
	#closed = false;

	constructor(options: StandbyOptions) {
		this.#options = options;
	}

	/**
	 * Gives the job to the supervisor that waits; undefined when there is none, or not for this job.
	 * @throws SpawnError LIMITS
	 */
	begin(launch: Launch, cookie: string, cap: Capping): BegunRun | undefined {
		const waiting = this.#waiting;
		if (waiting === undefined) return undefined;
		if (Buffer.byteLength(jobScript(launch, cookie, [])) > MAX_SCRIPT_BYTES) return undefined;
		const { name, cgroup, supervisor } = waiting;
		const { statuses } = this.#options;
		const file = `${statuses.waitingPath(name)}.job`;
		let caps: RunCaps | undefined;
		try {
			caps = cap(launch, cgroup);
			writeJobFile(file, jobScript(launch, cookie, caps?.folders ?? []));
			statuses.assign(name, launch.id, launch.run);
		} catch (error) {
			removeFile(file);
			void caps?.remove();
			// Its group may have caps by now that are not the next job's.
			if (Object.keys(launch.caps).length > 0) this.#dismiss();
			if (error instanceof SpawnError) throw error;
			// A full disk, mostly: the usual way can do without.
			return undefined;
		}
		this.#waiting = undefined;
		clearTimeout(waiting.expiry);
		supervisor.child.once('exit', () => removeFile(file));
		supervisor.stdin?.end(`${file}\n`);
		return { supervisor, cgroup, caps };
	}

	/** Starts the supervisor of the next job, unless one waits already. */
	async prepare(): Promise<void> {
		if (this.#waiting !== undefined || this.#preparing || this.#closed) return;
		this.#preparing = true;
		try {
			await this.#start();
		} catch {
			// The next job tries the same, and says why it cannot be.
		} finally {
			this.#preparing = false;
		}
	}

	close(): void {
		this.#closed = true;
		this.#dismiss();
	}

	async #start(): Promise<void> {
		const { instance, statuses, cgroups, pace } = this.#options;
		const name = `${instance}.${++this.#made}`;
		const statusFile = statuses.waitingPath(name);
		// Its name goes over a pipe, as a line.
		if (statusFile.includes('\n')) return;
		const cgroup = cgroups.create(name);
		const pipes = await this.#options.pipes.open();
		try {
			// A shortage now is no reason for the next job to do with sockets.
			if (pipes === undefined) throw new Error('There are no pipes to be had.');
			const supervisor = await startWaitingSupervisor({ statusFile, cgroup, pipes, pace });
			const expiry = setTimeout(() => this.#dismiss(), KEPT_MS);
			expiry.unref();
			const waiting: Waiting = { name, supervisor, cgroup, expiry };
			supervisor.stdin?.on('error', () => {});
			supervisor.child.once('exit', () => {
				if (this.#waiting === waiting) this.#dismiss();
			});
			this.#waiting = waiting;
			if (this.#closed) this.#dismiss();
		} catch (error) {
			for (const end of [pipes?.stdout, pipes?.stderr]) end?.destroy();
			await cgroups.remove(cgroup);
			throw error;
		} finally {
			pipes?.closeJobEnds();
		}
	}

	#dismiss(): void {
		const waiting = this.#waiting;
		if (waiting === undefined) return;
		this.#waiting = undefined;
		const { supervisor, cgroup, expiry, name } = waiting;
		clearTimeout(expiry);
		for (const end of [supervisor.stdin, supervisor.stdout, supervisor.stderr]) end?.destroy();
		supervisor.lifeline.destroy();
		void this.#options.cgroups.remove(cgroup);
		removeFile(this.#options.statuses.waitingPath(name));
	}
}
