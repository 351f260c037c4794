/** When and how the daemon leaves: asked to drain, signalled, or idle for a while. */
import type { Draining, DrainMode } from '../../shared/protocol/draining.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';

/** What leaving needs from the rooms that work. */
export interface Workload {
	/** Runs that are going on, paused ones too. */
	running(): number;
	/** Jobs that are not finished, in whatever state. */
	unfinished(): number;
	/** A schedule has a next time. */
	scheduled(): boolean;
	clients(): number;
	/** `why`, in the words that waiting jobs are explained with. */
	stopClaiming(why: string): void;
	/** Resolves when what was being claimed runs. */
	settled(): Promise<void>;
	/** Restartable runs go back to the queue, others end as interrupted. */
	interruptAll(): Promise<void>;
	/** Resolves when nothing runs any more. */
	whenGone(): Promise<void>;
	/** The same, and what became of it is recorded. */
	whenIdle(): Promise<void>;
	/** Runs that are ready and go on until they are stopped; and the same but for those. */
	serving(): number;
	whenOnlyServing(): Promise<void>;
}

export interface LifecycleOptions {
	readonly workload: Workload;
	readonly clock: Clock;
	/** How long without client and work before leaving, ms. */
	readonly idleExitMs: () => number;
	/** Whether schedules alone keep it here; where not, the next client or service fires what they missed. */
	readonly staysForSchedules: boolean;
	readonly log: (sentence: string) => void;
	/** It began to drain, or drains otherwise than before. */
	readonly drainingChanged: () => void;
	/** Closes everything and ends the process; called once. After a handover another one is to follow at once. */
	readonly leave: (draining: Draining | null) => void;
}

/** Whoever starts a daemon is given this long to connect, however short the idle time. */
const FIRST_CLIENT_MS = 10_000;

/** Where schedules alone do not keep it. */
const SCHEDULES_ONLY_MS = 60_000;

/** Once nothing runs, so long is tried to record what became of it. */
const RECORDED_WITHIN_MS = 5000;
const SHUTTING_DOWN = 'the daemon is shutting down; it starts under the next one';

/** What one has begun another may hasten, not hold up. */
const HASTE: Record<DrainMode, number> = { whenIdle: 0, handover: 1, finish: 2, stop: 3 };

export class Lifecycle {
	readonly #options: LifecycleOptions;
	#draining: Draining | undefined;
	#idleTimer: Timer | undefined;
	#wasNeeded = false;
	#leaving = false;

	constructor(options: LifecycleOptions) {
		this.#options = options;
	}

	get draining(): Draining | null {
		return this.#draining ?? null;
	}

	/** Why no new work is taken; undefined while it is. */
	refusal(): string | undefined {
		if (this.#draining === undefined || HASTE[this.#draining.mode] < HASTE.finish) return undefined;
		return `The Semantica daemon is shutting down (${this.#draining.reason}). Try again in a moment: the next command starts it anew.`;
	}

	drain({ mode, reason, timeoutMs }: Params<'system/drain'>): Result<'system/drain'> {
		const { workload, clock, log } = this.#options;
		const running = workload.running();
		const current = this.#draining?.mode;
		// Every client of a newer build asks for it.
		if (mode === 'handover' && current === mode) return { mode, running };
		log(`Draining (${mode}): ${reason}; ${running} running.`);
		if (current !== undefined && HASTE[mode] < HASTE[current]) return { mode: current, running };
		this.#draining = { mode, reason };
		this.#options.drainingChanged();
		if (mode === 'handover') workload.stopClaiming(`an update comes first: ${reason}`);
		else if (mode !== 'whenIdle') workload.stopClaiming(SHUTTING_DOWN);
		if (mode === 'stop') void this.#stopAll();
		else {
			void this.#leaveWhenDone(mode === 'whenIdle');
			// The others wait as long as it takes: a timeout would contradict their names.
			if (mode === 'finish') clock.after(timeoutMs, () => void this.#stopAll());
		}
		return { mode, running };
	}

	/** To be called whenever clients or jobs come or go: arms or disarms the idle exit. */
	workloadChanged(): void {
		// The last clients go when the database is closed already.
		if (this.#leaving) return;
		const { workload, clock, idleExitMs, staysForSchedules, log } = this.#options;
		const idle = workload.clients() === 0 && workload.unfinished() === 0;
		const scheduled = idle && workload.scheduled();
		if (!idle || (scheduled && staysForSchedules)) {
			this.#wasNeeded = true;
			this.#idleTimer?.cancel();
			this.#idleTimer = undefined;
			return;
		}
		const patience = this.#wasNeeded ? 0 : FIRST_CLIENT_MS;
		const idleMs = scheduled ? SCHEDULES_ONLY_MS : idleExitMs();
		this.#idleTimer ??= clock.after(Math.max(idleMs, patience), () => {
			log('Nothing to do and nobody connected: leaving.');
			this.#leaveOnce();
		});
	}

	async #stopAll(): Promise<void> {
		const { workload, clock, log } = this.#options;
		workload.stopClaiming(SHUTTING_DOWN);
		await workload.settled();
		await workload.interruptAll().catch((error: unknown) => {
			log(`Not every run could be asked to stop: ${String(error)}`);
		});
		await workload.whenGone();
		// On a full disk nothing more may ever be recorded: the next daemon learns it from what the runs left.
		const timer = clock.after(RECORDED_WITHIN_MS, () => {
			log('What became of some runs could not be recorded: leaving all the same.');
			this.#leaveOnce();
		});
		await workload.whenIdle();
		timer.cancel();
		this.#leaveOnce();
	}

	/** @param stopsServing What serves would never be done. */
	async #leaveWhenDone(stopsServing: boolean): Promise<void> {
		const { workload } = this.#options;
		// After the end of one run the next may be on its way: that is no moment to leave.
		do {
			await workload.settled();
			await (stopsServing ? workload.whenOnlyServing() : workload.whenIdle());
			await workload.settled();
		} while (workload.running() > (stopsServing ? workload.serving() : 0));
		if (workload.running() > 0) await this.#stopAll();
		else this.#leaveOnce();
	}

	#leaveOnce(): void {
		if (this.#leaving) return;
		this.#leaving = true;
		this.#idleTimer?.cancel();
		this.#options.leave(this.draining);
	}
}
