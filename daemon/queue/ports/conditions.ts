/** Conditions of the machine that jobs wait for, as a port: the queue asks, the scheduling room knows. */
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { JobSpec } from '../../../shared/job.ts';
import type { Constraints } from '../../../shared/jobFields.ts';

/** What has to hold for a job to start; jobs with the same set share a wait class. */
export interface ConditionSet {
	readonly power: 'any' | 'ac';
	/** Percent. */
	readonly minBattery: number | null;
	readonly idle: boolean;
	/** It waits while the battery is known to be low, as the settings say (docs/design.md section 3). */
	readonly sparing?: boolean;
	readonly freeMemoryMB?: number;
	readonly freeDisk?: { readonly path: string; readonly MB: number };
	readonly unmetered?: true;
	/** Memory of its cap, rounded up: it waits until the caps of what runs leave so much. Asked of the queue. */
	readonly room?: number;
	/** A function of this type, which waits for a worker that does it. Asked of the workers, not of the machine. */
	readonly worker?: string;
}

export interface Unmet {
	readonly kind: 'power' | 'battery' | 'idle' | 'memory' | 'disk' | 'network';
	/** "waiting for AC power: on battery, 43 %" */
	readonly message: string;
	/** Epoch ms. */
	readonly since: number;
}

export interface Conditions {
	/** True only when all of it is known to hold at this moment. */
	met(set: ConditionSet): boolean;
	/** Why work that depends on it should step aside; undefined while nothing is known to be lost. */
	lost(set: ConditionSet): string | undefined;
	/** What keeps it from being met, in words. */
	unmet(set: ConditionSet): Unmet[];
	/**
	 * Asked only when a job of priority below 50 is about to run beside others of its queue: is this machine
	 * too busy with work that is not ours?
	 */
	crowded(): boolean;
	/** While jobs are held because of that: how busy it is, in words. */
	crowd(): string | undefined;
}

/** A machine on which everything always holds. */
export const UNCONDITIONAL: Conditions = {
	met: () => true,
	lost: () => undefined,
	unmet: () => [],
	crowded: () => false,
	crowd: () => undefined,
};

/** The conditions among a job's constraints; undefined when there are none. */
export function conditionSetOf(
	constraints: Constraints | undefined,
	sparing = false,
): ConditionSet | undefined {
	const { power = 'any', minBattery, idle = false } = constraints ?? {};
	const { freeMemoryMB, freeDisk, unmetered } = constraints ?? {};
	const set: ConditionSet = {
		power,
		minBattery: minBattery || null,
		idle,
		...(sparing ? { sparing } : {}),
		...(freeMemoryMB === undefined ? {} : { freeMemoryMB }),
		...(freeDisk === undefined ? {} : { freeDisk }),
		...(unmetered ? { unmetered } : {}),
	};
	return isFree(set) ? undefined : set;
}

/** The least memory that a cap may be, and that classes of caps differ by. */
const LEAST_ROOM_MB = 16;

/** Few classes: so that all jobs of one that finds no room are passed over at once. */
export function roomFor(memoryMB: number | null | undefined): number | undefined {
	if (memoryMB === null || memoryMB === undefined) return undefined;
	return LEAST_ROOM_MB * 2 ** Math.max(0, Math.ceil(Math.log2(memoryMB / LEAST_ROOM_MB)));
}

/** The same conditions for this job: functions also wait for a worker, others for room where their memory is capped. */
export function forJob(
	type: string,
	memoryMB: number | null | undefined,
	set: ConditionSet | undefined,
): ConditionSet | undefined {
	const {
		worker: _,
		room: __,
		...machine
	} = set ?? { power: 'any', minBattery: null, idle: false };
	if (isFunctionType(type)) return { ...machine, worker: type };
	const room = roomFor(memoryMB);
	if (room !== undefined) return { ...machine, room };
	return set === undefined || isFree(machine) ? undefined : machine;
}

/** Whether any of it is about the machine, and not only about a worker. */
export function asksMachine(set: ConditionSet): boolean {
	return !isFree(set);
}

function isFree({ power, minBattery, idle, sparing, ...resources }: ConditionSet): boolean {
	const machine = power === 'any' && minBattery === null && !idle && sparing !== true;
	const { freeMemoryMB, freeDisk, unmetered } = resources;
	return machine && (freeMemoryMB ?? freeDisk ?? unmetered) === undefined;
}

/** What is left of a set when a person starts the work. */
export function withoutSparing({ sparing: _, ...set }: ConditionSet): ConditionSet | undefined {
	return (set.worker ?? set.room) === undefined && isFree(set) ? undefined : set;
}

/**
 * What names a charge decides for itself, as work that a person starts does with 0; a child belongs to the
 * run of its parent. Everything else spares a low battery.
 */
export function sparesBattery(spec: JobSpec): boolean {
	return spec.parentId === undefined && spec.constraints?.minBattery === undefined;
}
