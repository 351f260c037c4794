/** When and how the daemon leaves: asked to drain, signalled, or idle for a while. */
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Clock, Timer } from '../queue/clock.ts';

/** What leaving needs from the rooms that work. */
export interface Workload {
	/** Runs that are going on. */
	running(): number;
	/** Jobs that are not finished, in whatever state. */
	unfinished(): number;
	clients(): number;
	stopClaiming(): void;
	/** Resolves when what was being claimed runs. */
	settled(): Promise<void>;
	/** Restartable runs go back to the queue, others end as interrupted. */
	interruptAll(): Promise<void>;
	whenIdle(): Promise<void>;
}

export interface LifecycleOptions {
	readonly workload: Workload;
	readonly clock: Clock;
	/** How long without client and work before leaving, ms. */
	readonly idleExitMs: () => number;
	readonly log: (sentence: string) => void;
	/** Closes everything and ends the process; called once. */
	readonly leave: () => void;
}

/** Whoever starts a daemon is given this long to connect, however short the idle time. */
const FIRST_CLIENT_MS = 10_000;

type DrainMode = Params<'system/drain'>['mode'];

/** What one has begun another may hasten, not hold up. */
const HASTE: Record<DrainMode, number> = { whenIdle: 0, finish: 1, stop: 2 };

export class Lifecycle {
	readonly #options: LifecycleOptions;
	#draining: { readonly mode: DrainMode; readonly reason: string } | undefined;
	#idleTimer: Timer | undefined;
	#wasNeeded = false;
	#leaving = false;

	constructor(options: LifecycleOptions) {
		this.#options = options;
	}

	get draining(): string | null {
		return this.#draining?.reason ?? null;
	}

	/** Why no new work is taken; undefined while it is. */
	refusal(): string | undefined {
		if (this.#draining === undefined || this.#draining.mode === 'whenIdle') return undefined;
		return `The Semantica daemon is shutting down (${this.#draining.reason}). Try again in a moment: the next command starts it anew.`;
	}

	drain({ mode, reason, timeoutMs }: Params<'system/drain'>): Result<'system/drain'> {
		const { workload, clock, log } = this.#options;
		const running = workload.running();
		log(`Draining (${mode}): ${reason}; ${running} running.`);
		const current = this.#draining?.mode;
		if (current !== undefined && HASTE[mode] < HASTE[current]) return { mode: current, running };
		this.#draining = { mode, reason };
		if (mode !== 'whenIdle') workload.stopClaiming();
		if (mode === 'stop') void this.#stopAll();
		else {
			void this.#leaveWhenDone();
			// `whenIdle` waits as long as it takes: its timeout would contradict its name.
			if (mode === 'finish') clock.after(timeoutMs, () => void this.#stopAll());
		}
		return { mode, running };
	}

	/** To be called whenever clients or jobs come or go: arms or disarms the idle exit. */
	workloadChanged(): void {
		const { workload, clock, idleExitMs, log } = this.#options;
		const idle = workload.clients() === 0 && workload.unfinished() === 0;
		if (!idle) {
			this.#wasNeeded = true;
			this.#idleTimer?.cancel();
			this.#idleTimer = undefined;
			return;
		}
		const patience = this.#wasNeeded ? 0 : FIRST_CLIENT_MS;
		this.#idleTimer ??= clock.after(Math.max(idleExitMs(), patience), () => {
			log('Nothing to do and nobody connected: leaving.');
			this.#leaveOnce();
		});
	}

	async #stopAll(): Promise<void> {
		const { workload, log } = this.#options;
		workload.stopClaiming();
		await workload.settled();
		await workload.interruptAll().catch((error: unknown) => {
			log(`Not every run could be asked to stop: ${String(error)}`);
		});
		await workload.whenIdle();
		this.#leaveOnce();
	}

	async #leaveWhenDone(): Promise<void> {
		const { workload } = this.#options;
		// After the end of one run the next may be on its way: that is no moment to leave.
		do {
			await workload.settled();
			await workload.whenIdle();
			await workload.settled();
		} while (workload.running() > 0);
		this.#leaveOnce();
	}

	#leaveOnce(): void {
		if (this.#leaving) return;
		this.#leaving = true;
		this.#idleTimer?.cancel();
		this.#options.leave();
	}
}
