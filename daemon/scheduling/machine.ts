/** The machine's conditions put together for the machine we are on. */
import type { Koffi } from '../native/koffi.ts';
import type { Clock } from '../queue/ports/clock.ts';
import { MachineConditions } from './conditions.ts';
import { createCpuSampler } from './cpu/load.ts';
import { createOwnCpu } from './cpu/own.ts';
import { CpuThrottle } from './cpu/throttle.ts';
import { IdleWatch } from './idleWatch.ts';
import { choosePowerReader } from './power/choose.ts';
import { createBoundedReader } from './power/reader.ts';
import type { BatteryReport } from './power/windows.ts';
import { PowerWatch } from './powerWatch.ts';
import { createResourceReaders } from './resources/readers.ts';
import { ResourceWatch } from './resources/watch.ts';
import type { WakeTimers } from './suspend.ts';

/** What a person may set; percentages are 0 to 100. */
export interface MachineSettings {
	readonly powerPollMs: number;
	readonly acStableMs: number;
	readonly idleQuietMs: number;
	readonly idleCpuPercent: number;
	/** 100 is off. */
	readonly throttleCpuPercent: number;
	/** Work that no person started waits below this charge; 0 is never. May change at any time. */
	readonly minBattery: number;
}

export interface MachineOptions {
	readonly settings: () => MachineSettings;
	readonly platform: NodeJS.Platform;
	readonly pid: number;
	readonly clock: Clock;
	readonly timers: WakeTimers;
	/** Continuous integration is always busy, and nobody sits at it. */
	readonly ci: boolean;
	/** Runs that are going on, paused ones too. */
	readonly activeRuns: () => number;
	/** CPU time that the containment of runs counts, ms; undefined where it does not. */
	readonly containedCpuMs: () => number | undefined;
	/** Asked on Windows only; a sentence where it cannot be had. */
	readonly koffi: () => Koffi | string;
	/** Asked on Windows where koffi cannot be had. */
	readonly batteryReport: BatteryReport;
	/** Jobs may start, or have to step aside, that could not, or had not to. */
	readonly changed: () => void;
}

const READ_LIMIT_MS = 10_000;
const CONFIRM_MS = 5000;
const IDLE_SAMPLE_MS = 10_000;
const IDLE_WINDOW_MS = 60_000;

export function createMachineConditions(options: MachineOptions): MachineConditions {
	const { clock, timers, changed } = options;
	const settings = options.settings();
	const own = createOwnCpu(
		options.platform,
		options.pid,
		options.activeRuns,
		options.containedCpuMs,
	);
	const sample = createCpuSampler(() => clock.monotonic(), own);
	const reader = choosePowerReader(options.platform, clock, options.koffi, options.batteryReport);
	const idleBelow = settings.idleCpuPercent / 100;
	return new MachineConditions({
		power: new PowerWatch({
			read: createBoundedReader(reader, clock, READ_LIMIT_MS),
			rules: {
				pollMs: settings.powerPollMs,
				confirmMs: CONFIRM_MS,
				acStableMs: settings.acStableMs,
			},
			clock,
			timers,
			changed,
		}),
		idle: new IdleWatch({
			sample,
			rules: {
				sampleMs: IDLE_SAMPLE_MS,
				windowMs: IDLE_WINDOW_MS,
				quietMs: settings.idleQuietMs,
				idleBelow,
				// Far enough above, or work would stop and start all the time.
				busyAbove: (1 + idleBelow) / 2,
			},
			clock,
			timers,
			changed,
		}),
		resources: new ResourceWatch({
			read: createResourceReaders(options.platform),
			clock,
			timers,
			changed,
		}),
		throttle:
			options.ci || settings.throttleCpuPercent >= 100
				? undefined
				: new CpuThrottle({
						sample,
						clock,
						busyAbove: settings.throttleCpuPercent / 100,
						changed,
					}),
		now: () => clock.now(),
		monotonic: () => clock.monotonic(),
		spareBelow: () => options.settings().minBattery,
		acStableMs: settings.acStableMs,
	});
}
