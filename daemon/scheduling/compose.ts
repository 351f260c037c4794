/** The scheduling room put together: the machine's conditions, the runs that go on, the loop that starts them. */
import type { Dispatch } from '../queue/dispatch.ts';
import type { Executor } from '../queue/execution.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { Feed } from '../queue/views/feed.ts';
import { ActiveRuns } from './activeRuns.ts';
import type { MachineConditions } from './conditions.ts';
import { type Schedules, SchedulingLoop } from './loop.ts';
import { createMachineConditions, type MachineOptions } from './machine.ts';
import { createWakeTimers, type WakeTimers } from './suspend.ts';

export interface Machine {
	readonly conditions: MachineConditions;
	readonly timers: WakeTimers;
}

/** @param slept The machine slept; `recent` as in createWakeTimers. */
export function createMachine(
	options: Omit<MachineOptions, 'timers' | 'platform' | 'pid' | 'ci'>,
	slept: (recent: boolean) => void,
): Machine {
	const timers = createWakeTimers(options.clock, slept);
	const { platform, pid, env } = process;
	const ci = isTruthy(env['CI']);
	return { timers, conditions: createMachineConditions({ ...options, timers, platform, pid, ci }) };
}

function isTruthy(value: string | undefined): boolean {
	return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase());
}

export interface SchedulingOptions {
	readonly machine: Machine;
	readonly dispatch: Dispatch;
	readonly feed: Feed;
	readonly executor: Executor;
	readonly schedules: Schedules;
	readonly clock: Clock;
	/** Whether the data folder is still this daemon's; asked before anything is claimed. */
	readonly holds: () => boolean;
	/** Hears of every error of the store. */
	readonly failed: (error: unknown) => void;
	readonly warn: (sentence: string) => void;
}

export interface Scheduling {
	readonly runs: ActiveRuns;
	readonly loop: SchedulingLoop;
	/** Resolves when what was being claimed runs. */
	settled(): Promise<void>;
}

/** Nothing starts before the loop is woken. */
export function createScheduling(options: SchedulingOptions): Scheduling {
	const { machine, dispatch, feed, executor, clock, warn } = options;
	const { conditions, timers } = machine;
	const runs = new ActiveRuns({
		dispatch,
		executor,
		clock,
		freed: () => loop.wake(),
		log: warn,
	});
	const loop = new SchedulingLoop({
		dispatch,
		feed,
		runs,
		conditions,
		clock,
		timers,
		schedules: options.schedules,
		holds: options.holds,
		failed: options.failed,
		log: warn,
	});
	return {
		runs,
		loop,
		async settled() {
			await loop.settled();
			// What it could not start yet may start on the reading that is on its way.
			await conditions.settled();
			await loop.settled();
		},
	};
}
