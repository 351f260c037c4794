/** The real queue, loop and conditions on a machine whose time, power, processors and jobs are in the test's hand. */
import { onTestFinished } from 'vitest';
import type { ClaimedRun } from '../../daemon/queue/dispatch.ts';
import type { Execution, ExecutionEnd, Executor, ToldOfRun } from '../../daemon/queue/execution.ts';
import { ActiveRuns } from '../../daemon/scheduling/activeRuns.ts';
import { MachineConditions } from '../../daemon/scheduling/conditions.ts';
import type { CpuSample } from '../../daemon/scheduling/cpu/load.ts';
import { IdleWatch } from '../../daemon/scheduling/idleWatch.ts';
import { type Schedules, SchedulingLoop } from '../../daemon/scheduling/loop.ts';
import { createBoundedReader, type PowerReading } from '../../daemon/scheduling/power/reader.ts';
import { PowerWatch } from '../../daemon/scheduling/powerWatch.ts';
import { ResourceWatch } from '../../daemon/scheduling/resources/watch.ts';
import { createWakeTimers } from '../../daemon/scheduling/suspend.ts';
import type { Asked } from '../../shared/question.ts';
import { FakeClock, openQueue, type TestQueue } from './queue.ts';

export const POWER_RULES = { pollMs: 10_000, confirmMs: 5000, acStableMs: 15_000 };
export const IDLE_RULES = {
	sampleMs: 10_000,
	windowMs: 60_000,
	quietMs: 120_000,
	idleBelow: 0.2,
	busyAbove: 0.6,
};

/** What is real, as against what the daemon has noticed. */
export interface Machine {
	freeMemoryMB: number;
	freeDiskMB: number;
	/** Undefined: nobody knows. */
	metered: boolean | 'silent' | undefined;
	source: PowerReading['source'];
	percent: number;
	/** The setting: sparing work waits below this charge. */
	spareBelow: number;
	/** Load by others, 0 to 1. */
	load: number;
	reads: number;
	samples: number;
	/** The last answer, as the daemon got it. */
	lastReading: { reading: PowerReading; at: number } | undefined;
}

export interface TestScheduler {
	readonly queue: TestQueue;
	readonly clock: FakeClock;
	readonly machine: Machine;
	readonly conditions: MachineConditions;
	readonly running: ReadonlyMap<string, FakeRun>;
	readonly loop: SchedulingLoop;
	/** Moves time in steps, and lets everything that follows happen. */
	advance(ms: number, stepMs?: number): Promise<void>;
	suspend(ms: number): void;
	/** Everything that was set off has happened. */
	settle(): Promise<void>;
	/** Ends all timers; done by itself when the test has finished. */
	close(): void;
}

export interface FakeRun {
	paused: boolean;
	readonly notes: string[];
	readonly answers: [question: string, json: string][];
	/** It asks a person. */
	asks(asked: Asked): void;
	/** Ends it well. */
	exit(): void;
}

export interface SchedulerHooks {
	/** Jobs come as over the wire: what no person started spares a low battery. */
	readonly sparing?: boolean;
	/** At the very moment at which a run starts. */
	readonly started?: (claimed: ClaimedRun) => void;
	readonly resumed?: (id: string) => void;
	/** What begins jobs by itself. */
	readonly schedules?: (queue: TestQueue) => Schedules;
	/** A sleep of the machine was noticed. */
	readonly slept?: () => void;
}

export function openScheduler(hooks: SchedulerHooks = {}): TestScheduler {
	const clock = new FakeClock();
	const timers = createWakeTimers(clock, (recent) => {
		hooks.slept?.();
		loop.slept(recent);
	});
	const machine: Machine = {
		source: 'ac',
		percent: 80,
		spareBelow: 20,
		load: 0,
		reads: 0,
		samples: 0,
		lastReading: undefined,
		freeMemoryMB: 1000,
		freeDiskMB: 1000,
		metered: false,
	};
	let busyMs = 0;
	let countedAt = clock.monotonic();
	const count = () => {
		busyMs += (clock.monotonic() - countedAt) * machine.load;
		countedAt = clock.monotonic();
	};
	const changed = () => loop.wake();
	const conditions = new MachineConditions({
		power: new PowerWatch({
			read: createBoundedReader(
				async () => {
					machine.reads++;
					const { source, percent } = machine;
					const reading = { source, percent, reason: 'as told' };
					machine.lastReading = { reading, at: clock.monotonic() };
					return reading;
				},
				clock,
				2000,
			),
			rules: POWER_RULES,
			clock,
			timers,
			changed,
		}),
		idle: new IdleWatch({
			sample(): CpuSample {
				machine.samples++;
				count();
				return { at: countedAt, busyMs, totalMs: countedAt, ownMs: 0 };
			},
			rules: IDLE_RULES,
			clock,
			timers,
			changed,
		}),
		resources: new ResourceWatch({
			read: {
				freeMemory: () => machine.freeMemoryMB * 1024 ** 2,
				async freeDisk(path) {
					machine.reads++;
					if (path.endsWith('gone')) throw new Error('there is no such place');
					return machine.freeDiskMB * 1024 ** 2;
				},
				async metered() {
					machine.reads++;
					if (machine.metered === 'silent') throw new Error('no answer');
					return machine.metered;
				},
			},
			clock,
			timers,
			changed,
		}),
		throttle: undefined,
		now: () => clock.now(),
		monotonic: () => clock.monotonic(),
		spareBelow: () => machine.spareBelow,
		acStableMs: POWER_RULES.acStableMs,
	});
	const queue = openQueue({
		clock,
		conditions,
		sparing: hooks.sparing === true,
		hindrance: () => loop.hindrance(),
	});
	let pending = 0;
	const goesOn = (change: 1 | -1) => {
		pending += change;
	};
	const dispatch = counted(queue.dispatch, goesOn);
	const running = new Map<string, FakeRun>();
	const executor: Executor = {
		execute(claimed, _payload, told) {
			hooks.started?.(claimed);
			return execute(claimed.row.id, running, hooks, told);
		},
		settled: async () => {},
	};
	const failures: string[] = [];
	const log = (sentence: string) => failures.push(sentence);
	const runs = new ActiveRuns({
		dispatch,
		executor,
		clock,
		freed: () => loop.wake(),
		log,
	});
	const feed = queue.parts.feed;
	const schedules = hooks.schedules?.(queue);
	const loop = new SchedulingLoop({
		...{ dispatch, feed, runs, conditions, clock, timers, log },
		...(schedules === undefined ? {} : { schedules: counted(schedules, goesOn) }),
	});
	const close = () => {
		loop.stop();
		conditions.need([]);
	};
	onTestFinished(close);

	async function settle(): Promise<void> {
		for (let quiet = 0; quiet < 5; quiet++) {
			await new Promise(setImmediate);
			if (pending > 0) quiet = -1;
		}
		if (failures.length > 0) throw new Error(failures.join('\n'));
	}

	return {
		queue,
		clock,
		machine,
		conditions,
		running,
		loop,
		settle,
		close,
		async advance(ms, stepMs = 5000) {
			for (let left = ms; left > 0; left -= stepMs) {
				count();
				clock.advance(Math.min(left, stepMs));
				await settle();
			}
		},
		suspend: (ms) => clock.suspend(ms),
	};
}

function execute(
	id: string,
	running: Map<string, FakeRun>,
	hooks: SchedulerHooks,
	told: ToldOfRun,
): Execution {
	let end: (end: ExecutionEnd) => void = () => {};
	const ended = new Promise<ExecutionEnd>((resolve) => {
		end = resolve;
	});
	const finish = (outcome: ExecutionEnd['outcome']) => {
		running.delete(id);
		end({ outcome, result: undefined, logBytes: 0 });
	};
	const run: FakeRun = {
		paused: false,
		notes: [],
		answers: [],
		asks: told.asks,
		exit: () => finish({ kind: 'exit', exitCode: 0, signal: null }),
	};
	running.set(id, run);
	return {
		ended,
		stop: () => finish({ kind: 'signal', signal: 'SIGTERM' }),
		async pause() {
			run.paused = true;
			return true;
		},
		async resume() {
			run.paused = false;
			hooks.resumed?.(id);
		},
		answer: (question, json) => run.answers.push([question, json]),
		note: (sentence) => run.notes.push(sentence),
	};
}

// Counts the calls that are on their way, so that a test can wait for quiet without waiting for time.
function counted<T extends object>(asked: T, change: (by: 1 | -1) => void): T {
	return new Proxy(asked, {
		get(target, name, receiver) {
			const member: unknown = Reflect.get(target, name, receiver);
			if (typeof member !== 'function') return member;
			return (...args: unknown[]) => {
				const answer: unknown = Reflect.apply(member, target, args);
				if (answer instanceof Promise) {
					change(1);
					const done = () => change(-1);
					answer.then(done, done);
				}
				return answer;
			};
		},
	});
}
