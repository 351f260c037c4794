/** The real queue and loop beside what is true of their machine, with the rules that must hold all the time. */
import { expect } from 'vitest';
import type { Constraints } from '../../../../shared/jobFields.ts';
import { task } from '../../../support/queue.ts';
import {
	IDLE_RULES,
	openScheduler,
	POWER_RULES,
	type TestScheduler,
} from '../../../support/scheduler.ts';
import { type Action, SECOND, STEP } from './actions.ts';

/** From met for good to started: the next look at the machine, and what hysteresis asks on top. */
const TICK = {
	power: POWER_RULES.pollMs + POWER_RULES.acStableMs + 2 * STEP,
	battery: POWER_RULES.pollMs + 2 * STEP,
	idle: IDLE_RULES.windowMs + 3 * IDLE_RULES.sampleMs + 2 * STEP,
	/** From lost for good to standing aside: the next look, and the one that confirms it. */
	lost: POWER_RULES.pollMs + POWER_RULES.confirmMs + 2 * STEP,
	/** The spread after a sleep. */
	slept: 30 * SECOND + 3 * STEP,
	none: 2 * STEP,
};
/** A reading that work starts on is not older. */
const FRESH = 5 * SECOND;
/** Work that spares the battery starts without another reading for so long after one that said enough. */
const ENOUGH = 60 * SECOND;
/** The setting, and the charge at which a battery that was lower is enough again. */
const LOW = 20;
const ENOUGH_AGAIN = 25;

interface ModelJob {
	readonly id: string;
	readonly constraints: Constraints;
	/** As `World.elapsed` counts. */
	readonly enqueuedAt: number;
	/** The time that was asked for. */
	readonly runAt: number;
	held: boolean;
	readonly onLost: string;
	/** Its current run depends on its constraints; not where that cannot be told from here. */
	bound: boolean;
	/** The latest that the wall clock has shown since its enqueue. */
	wall: number;
	/** Run Now was said and not used yet. */
	waived: boolean;
	event: boolean;
	/** The last moment at which something other than the machine changed for it, monotonic. */
	touchedAt: number;
}

/** What is true of the machine, and since when (monotonic ms). */
export class World {
	readonly jobs: ModelJob[] = [];
	readonly scheduler: TestScheduler;
	/** Since when the source is what it is. */
	acSince: number;
	percentSince: number;
	calmSince: number;
	wildSince: number | undefined;
	lowSince: number | undefined;
	activeAt: number;
	sleptAt = Number.NEGATIVE_INFINITY;
	readsBeforeSleep = 0;
	/** In all sleeps together. */
	sleptMs = 0;
	starts = 0;
	/** How often a run stepped aside. */
	asides = 0;

	constructor() {
		this.scheduler = openScheduler({
			sparing: true,
			started: ({ row }) => this.check(row.id),
			resumed: (id) => {
				// A run that finishes whatever happens, or was started by hand, depends on nothing any more.
				if (this.find(id)?.bound) this.check(id);
			},
			// A daemon with nothing to wait for notices a sleep when it next looks.
			slept: () => {
				this.sleptAt = this.mono;
			},
		});
		this.scheduler.queue.parts.feed.onEffects(({ orders }) => {
			for (const { kind, reason } of orders) {
				if (kind !== 'resume' && reason !== undefined) this.asides++;
			}
		});
		const now = this.mono;
		this.acSince = now;
		this.percentSince = now;
		this.calmSince = now;
		this.activeAt = now;
	}

	get mono(): number {
		return this.scheduler.clock.monotonic();
	}

	/** Milliseconds that really passed, asleep or not, whatever the wall clock says. */
	get elapsed(): number {
		return this.mono + this.sleptMs;
	}

	async act(action: Action): Promise<void> {
		const { queue, clock, machine, conditions } = this.scheduler;
		switch (action.kind) {
			case 'enqueue': {
				const runAt = clock.now() + action.delay;
				const spec = action.delay > 0 ? { ...action.spec, runAt } : action.spec;
				const [answer] = await queue.enqueue(task({ ...spec, maxAttempts: 1 }));
				const constraints = action.spec.constraints as Constraints;
				this.jobs.push({
					id: answer?.id ?? '',
					constraints,
					enqueuedAt: this.elapsed,
					runAt: action.delay > 0 ? runAt : Number.NEGATIVE_INFINITY,
					onLost: action.spec.onConstraintLost ?? 'finish',
					bound: false,
					wall: clock.now(),
					held: false,
					waived: false,
					event: constraints.event === undefined,
					touchedAt: this.mono + action.delay,
				});
				break;
			}
			case 'power': {
				if (machine.source !== action.source) this.acSince = this.mono;
				if (machine.percent !== action.percent) this.percentSince = this.mono;
				machine.source = action.source;
				machine.percent = action.percent;
				if (action.source !== 'battery' || action.percent >= LOW) this.lowSince = undefined;
				else this.lowSince ??= this.mono;
				break;
			}
			case 'load': {
				if (action.load >= IDLE_RULES.idleBelow) this.calmSince = Number.POSITIVE_INFINITY;
				else if (machine.load >= IDLE_RULES.idleBelow) this.calmSince = this.mono;
				if (action.load <= IDLE_RULES.busyAbove) this.wildSince = undefined;
				else this.wildSince ??= this.mono;
				await this.scheduler.advance(0);
				machine.load = action.load;
				break;
			}
			case 'emit': {
				for (const job of this.jobs) {
					if (job.constraints.event !== action.event || job.event) continue;
					job.event = true;
					job.touchedAt = Math.max(job.touchedAt, this.mono);
				}
				await queue.jobs.emit(action.event, '');
				break;
			}
			case 'activity': {
				this.activeAt = this.mono;
				conditions.activity();
				break;
			}
			case 'advance':
				for (let left = action.ms; left > 0; left -= STEP) {
					await this.scheduler.advance(STEP, STEP);
					this.look();
					this.checkStarted();
					this.checkAside();
				}
				break;
			case 'suspend':
				this.scheduler.suspend(action.ms);
				this.sleptMs += action.ms;
				this.sleptAt = this.mono;
				this.activeAt = this.mono;
				this.readsBeforeSleep = machine.reads;
				break;
			case 'setBack':
				this.scheduler.suspend(-action.ms);
				break;
			default:
				await this.change(action.kind, action.nth);
		}
		await this.scheduler.settle();
		this.look();
	}

	/** What the clock shows to each job. */
	look(): void {
		const now = this.scheduler.clock.now();
		for (const job of this.jobs) {
			job.wall = Math.max(job.wall, now);
			// A clock that is set back puts off what is not due yet.
			if (job.runAt > now) job.touchedAt = Math.max(job.touchedAt, this.mono);
		}
	}

	find(id: string): ModelJob | undefined {
		return this.jobs.find((job) => job.id === id);
	}

	/** What a person, or the job itself, does to one job. */
	async change(kind: 'pause' | 'resume' | 'runNow' | 'exit', n: number): Promise<void> {
		const { queue, running } = this.scheduler;
		const job = this.jobs[n];
		if (job === undefined) return;
		if (kind === 'exit') {
			const run = running.get(job.id);
			if (run?.paused === false) run.exit();
			return;
		}
		if (kind === 'runNow') {
			// Said before it is obeyed: it may start at once.
			const waived = job.waived;
			job.waived = true;
			const { count } = await queue.jobs.runNow({ ids: [job.id] });
			if (count === 0) job.waived = waived;
			else Object.assign(job, { held: false, event: true });
		} else {
			const { count } = await queue.jobs[kind]({ ids: [job.id] });
			if (count > 0) job.held = kind === 'pause';
		}
		job.touchedAt = Math.max(job.touchedAt, this.mono);
	}

	/** Safety: at the moment at which a run starts or goes on, everything holds or is waived. */
	check(id: string): void {
		this.starts++;
		const job = this.find(id);
		// Constraints of an enqueue that is not answered yet cannot be told from here.
		if (job === undefined) return;
		const { clock, machine } = this.scheduler;
		const { power, minBattery, idle, maxWaitMs } = job.constraints;
		const wall = Math.max(job.wall, clock.now());
		const waited = maxWaitMs !== undefined && this.elapsed >= job.enqueuedAt + maxWaitMs;
		job.bound = job.onLost !== 'finish' && !job.waived && !waited;
		if (job.waived) {
			job.waived = false;
			return;
		}
		expect(job.held, 'held').toBe(false);
		expect(job.event, 'event').toBe(true);
		expect(job.runAt, 'time').toBeLessThanOrEqual(wall);
		if (waited) return;
		if (power === 'ac' || minBattery !== undefined) {
			const last = machine.lastReading;
			expect(machine.reads, 'read since the sleep').toBeGreaterThan(this.readsBeforeSleep);
			expect(this.mono - (last?.at ?? 0), 'age of the reading').toBeLessThanOrEqual(FRESH);
			if (power === 'ac') expect(last?.reading.source).toBe('ac');
			if (minBattery !== undefined && last?.reading.source !== 'ac') {
				expect(last?.reading.percent).toBeGreaterThanOrEqual(minBattery);
			}
		}
		// What names no charge of its own spares a low battery.
		if (minBattery === undefined && this.lowSince !== undefined) {
			expect(this.mono - this.lowSince, 'low').toBeLessThanOrEqual(ENOUGH + FRESH);
		}
		if (idle) {
			expect(this.mono - this.activeAt, 'quiet').toBeGreaterThanOrEqual(IDLE_RULES.quietMs);
			const wildFor = this.wildSince === undefined ? 0 : this.mono - this.wildSince;
			expect(wildFor, 'load').toBeLessThanOrEqual(3 * IDLE_RULES.sampleMs);
		}
	}

	/** A run that depends on what has been lost for a tick has stepped aside. */
	checkAside(): void {
		const { machine, running } = this.scheduler;
		const within = (ms: number, ...since: number[]) =>
			Math.max(this.sleptAt, ...since) + ms > this.mono;
		for (const { id, bound, constraints } of this.jobs) {
			if (!bound || running.get(id)?.paused !== false) continue;
			const { power, minBattery, idle } = constraints;
			if (machine.source === 'battery' && !within(TICK.lost, this.acSince)) {
				expect(power, `${id} goes on on battery`).not.toBe('ac');
			}
			const isLow = machine.source === 'battery' && machine.percent < (minBattery ?? LOW);
			const lasted = !within(TICK.lost, this.acSince, this.percentSince);
			expect(isLow && lasted, `${id} goes on with a low battery`).toBe(false);
			const inUse = idle === true && this.mono - this.activeAt < IDLE_RULES.quietMs;
			expect(inUse && !within(TICK.none, this.activeAt), `${id} goes on while somebody types`).toBe(
				false,
			);
		}
	}

	/** Liveness: nothing whose conditions have all held for a tick still waits. */
	checkStarted(): void {
		for (const job of this.jobs) {
			if (job.held || !job.event || job.runAt > this.scheduler.clock.now()) continue;
			const due = this.dueAt(job);
			if (this.mono <= due) continue;
			const { state, held } = this.scheduler.queue.jobs.get(job.id).job;
			const waits = state === 'queued' || (state === 'paused' && !held);
			if (!waits) continue;
			const why = JSON.stringify(this.scheduler.queue.jobs.explain(job.id));
			expect.fail(`${job.id} waits ${this.mono - due} ms too long: ${why}`);
		}
	}

	/** When it must have started at the latest, monotonic, should nothing change any more. */
	dueAt({ constraints, touchedAt, waived }: ModelJob): number {
		const { machine } = this.scheduler;
		const { power, minBattery, idle } = constraints;
		const after = [touchedAt + TICK.none, this.sleptAt + TICK.slept];
		if (waived) return Math.max(...after);
		const onAc = machine.source === 'ac' ? this.acSince + TICK.power : Number.POSITIVE_INFINITY;
		if (power === 'ac') after.push(onAc, touchedAt + TICK.power, this.sleptAt + TICK.power);
		if (minBattery !== undefined) {
			const enough = machine.percent >= minBattery + 5;
			const charged = enough ? Math.max(this.percentSince, this.acSince) : Number.POSITIVE_INFINITY;
			after.push(Math.min(charged + TICK.battery, onAc), touchedAt + TICK.battery);
		}
		if (minBattery === undefined) {
			const spared = machine.source === 'battery' && machine.percent < ENOUGH_AGAIN;
			const since = Math.max(this.percentSince, this.acSince, touchedAt);
			after.push(spared ? Number.POSITIVE_INFINITY : since + TICK.battery);
		}
		if (idle) {
			const quiet = this.activeAt + IDLE_RULES.quietMs;
			const quietSinceSleep = this.sleptAt + IDLE_RULES.quietMs;
			const times = [quiet, quietSinceSleep, this.calmSince, touchedAt];
			after.push(...times.map((at) => at + TICK.idle));
		}
		return Math.max(...after);
	}
}
