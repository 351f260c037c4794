/**
 * What may run now (docs/design.md section 4): woken by commits and by one timer, never by polling.
 * The timer stands at the earlier of the next due time and 60 s (wall clocks jump), or nowhere.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorMessage } from '../../shared/errors.ts';
import type { ClaimedRun, Dispatch } from '../queue/dispatch.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { ConditionSet } from '../queue/ports/conditions.ts';
import type { Order } from '../queue/store/tx.ts';
import type { Hindrance } from '../queue/views/explain.ts';
import type { Feed } from '../queue/views/feed.ts';
import type { ActiveRuns } from './activeRuns.ts';
import type { WakeTimers } from './suspend.ts';

const MAX_SLEEP_MS = 60_000;
/** After an error of the store: long enough not to spin, short enough to go on soon. */
const RETRY_MS = 1000;
/** After a suspend, what became due meanwhile starts one by one rather than all at once. */
const SPREAD_MS = 30_000;
const SPREAD_STEP_MS = 1000;

/** What is to be watched on the machine for the jobs that wait or run. */
export interface WatchedConditions {
	need(sets: readonly ConditionSet[]): void;
	slept(): void;
}

/** What begins jobs by itself when their time comes. */
export interface Schedules {
	/** Begins a batch of what is due; true when there is more. */
	fire(): Promise<boolean>;
	/** Epoch ms; undefined when nothing will be due. */
	nextTime(): number | undefined;
}

export interface LoopOptions {
	readonly dispatch: Dispatch;
	readonly feed: Feed;
	readonly runs: ActiveRuns;
	readonly conditions: WatchedConditions;
	readonly clock: Clock;
	readonly timers: WakeTimers;
	readonly schedules?: Schedules;
	/** Whether what is claimed is still ours to claim; when it is again, somebody wakes the loop. */
	readonly holds?: () => boolean;
	/** Hears of every error before the loop tries again. */
	readonly failed?: (error: unknown) => void;
	readonly log: (sentence: string) => void;
}

export class SchedulingLoop {
	readonly #options: LoopOptions;
	#timer: Timer | undefined;
	#busy = false;
	#looking = Promise.resolve();
	/** Orders to runs that are claimed but not started yet: both may be committed in one group. */
	#early: Order[] = [];
	#again = false;
	/** Why nothing starts from now on. */
	#heldBack: string | undefined;
	#stopped = false;
	/** Starts are spread until then, and the next one comes no sooner than that; monotonic ms. */
	#spreadUntil = Number.NEGATIVE_INFINITY;
	#nextStart = Number.NEGATIVE_INFINITY;

	constructor(options: LoopOptions) {
		this.#options = options;
		options.feed.onEffects((effects) => {
			for (const order of effects.orders) {
				if (!options.runs.obey(order)) this.#early.push(order);
			}
			if (effects.wake) this.wake();
		});
		options.feed.onRefused((orders) => {
			for (const order of orders) options.runs.obeyUnrecorded(order);
		});
	}

	/** Something changed: look once more, soon. Many calls make one look. */
	wake(): void {
		if (this.#stopped) return;
		if (this.#busy) {
			this.#again = true;
			return;
		}
		this.#busy = true;
		this.#looking = this.#look();
	}

	/** Jobs are on their way to a commit: whoever of them may start is claimed in the same one. */
	arriving(): void {
		if (this.#stopped || this.#busy || this.#heldBack !== undefined) return;
		if (this.#isSpreading() || this.#options.holds?.() === false) return;
		const { dispatch, runs, clock } = this.#options;
		// Whose time is over is seen to first.
		if ((dispatch.nextTime() ?? Number.POSITIVE_INFINITY) <= clock.now()) return;
		const claiming = dispatch.claimArriving((queue, of) => runs.count(queue, of));
		if (claiming === undefined) return;
		this.#busy = true;
		// Their answer leaves first.
		const answered = claiming.then(async (claimed) => {
			await nextTurn();
			return claimed;
		});
		this.#looking = this.#look(this.#startClaimed(answered));
	}

	/** The machine slept: what was measured is void, what became due starts spread. */
	slept(recent: boolean): void {
		if (recent) this.#spreadUntil = this.#options.clock.monotonic() + SPREAD_MS;
		this.#options.conditions.slept();
		this.wake();
	}

	/** Starts nothing from now on; what runs goes on. `why` is what waiting jobs are explained with. */
	stopClaiming(why: string): void {
		this.#heldBack = why;
	}

	/** Why nothing starts now, or not everything that could. */
	hindrance(): Hindrance | undefined {
		if (this.#heldBack !== undefined) return { kind: 'draining', message: this.#heldBack };
		if (!this.#isSpreading()) return undefined;
		const { clock } = this.#options;
		return {
			kind: 'spread',
			message: 'the machine has slept, so jobs start one after the other',
			until: clock.now() + this.#spreadUntil - clock.monotonic(),
		};
	}

	/** Resolves when everything that was being claimed has been started. */
	async settled(): Promise<void> {
		while (this.#busy) await this.#looking;
	}

	stop(): void {
		this.#stopped = true;
		this.#timer?.cancel();
	}

	async #look(begun: Promise<void> = nextTurn()): Promise<void> {
		try {
			// Whoever waits for the answer to what woke us is not to wait for this as well.
			await begun;
			do {
				if (this.#stopped) return;
				this.#again = false;
				await this.#lookOnce();
			} while (this.#again);
			this.#arm(this.#sleep());
		} catch (error) {
			this.#options.failed?.(error);
			this.#options.log(`The scheduling loop met an error: ${errorMessage(error)}`);
			this.#arm(RETRY_MS);
		} finally {
			this.#busy = false;
		}
		if (this.#again) this.wake();
	}

	async #lookOnce(): Promise<void> {
		const { dispatch, runs, clock, conditions, timers } = this.#options;
		timers.check();
		// A group at a time, so that others start meanwhile.
		if (await dispatch.sweep()) this.#again = true;
		const next = dispatch.nextTime();
		if (next !== undefined && next <= clock.now()) await dispatch.advance();
		if (this.#stopped) return;
		// Only who still has the data folder: another daemon may fire the same.
		if (this.#nextDue() <= clock.now() && (await this.#fire())) this.#again = true;
		if (this.#stopped) return;
		conditions.need(dispatch.needs());
		await dispatch.reviewConditions();
		if (this.#stopped || this.#options.holds?.() === false) return;
		if (this.#heldBack !== undefined) {
			// A run that somebody paused would otherwise never end, and keep the daemon from leaving.
			await dispatch.resume((queue, of) => runs.count(queue, of));
			return;
		}
		await this.#startClaimed(
			dispatch.claim((queue, of) => runs.count(queue, of), this.#startsAllowed()),
		);
		// What was claimed may depend on conditions of its own from now on.
		conditions.need(dispatch.needs());
	}

	async #startClaimed(claiming: Promise<ClaimedRun[]>): Promise<void> {
		const { runs, clock } = this.#options;
		this.#early = [];
		const claimed = await claiming;
		for (const run of claimed) runs.start(run);
		for (const order of this.#early.splice(0)) runs.obey(order);
		if (claimed.length > 0) this.#nextStart = clock.monotonic() + SPREAD_STEP_MS;
	}

	/** When schedules bring something, epoch ms. */
	#nextDue(): number {
		if (this.#heldBack !== undefined) return Number.POSITIVE_INFINITY;
		return this.#options.schedules?.nextTime() ?? Number.POSITIVE_INFINITY;
	}

	async #fire(): Promise<boolean> {
		const { schedules, holds } = this.#options;
		return holds?.() !== false && (await schedules?.fire()) === true;
	}

	#startsAllowed(): number {
		if (!this.#isSpreading()) return Number.POSITIVE_INFINITY;
		return this.#options.clock.monotonic() >= this.#nextStart ? 1 : 0;
	}

	#isSpreading(): boolean {
		return this.#options.clock.monotonic() < this.#spreadUntil;
	}

	#sleep(): number | undefined {
		const brought = this.#options.dispatch.nextTime() ?? Number.POSITIVE_INFINITY;
		const next = Math.min(brought, this.#nextDue());
		const step = this.#isSpreading() ? SPREAD_STEP_MS : MAX_SLEEP_MS;
		if (next === Number.POSITIVE_INFINITY) return this.#isSpreading() ? step : undefined;
		return Math.min(step, Math.max(0, next - this.#options.clock.now()));
	}

	#arm(ms: number | undefined): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		if (ms === undefined || this.#stopped) return;
		this.#timer = this.#options.timers.after(ms, () => this.wake());
	}
}
