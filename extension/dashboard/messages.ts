/** What the dashboard's page and the extension tell each other. Neither trusts the other's shape further than this. */
import { JOB_STATES, type JobState } from '../../shared/jobTerms.ts';
import type { StatsHistory, StatsNow } from '../../shared/protocol/stats.ts';
import { WAIT_REASONS, type WaitReason } from '../../shared/waiting.ts';

/** What the page looks back at: its length, and that of a bucket. Milliseconds. */
export const RANGES = {
	hour: { ms: 3_600_000, bucketMs: 60_000 },
	day: { ms: 86_400_000, bucketMs: 900_000 },
} as const;
export type Range = keyof typeof RANGES;

export interface RunningJob {
	readonly id: string;
	readonly title: string;
	readonly queue: string;
	readonly startedAt: number;
	/** In words. */
	readonly text: string;
	/** 0 to 1, where it is known. */
	readonly fraction: number | undefined;
}

export type ToPage =
	| { readonly kind: 'link'; readonly up: boolean; readonly sentence: string }
	| {
			readonly kind: 'now';
			readonly stats: StatsNow;
			readonly running: readonly RunningJob[];
	  }
	| { readonly kind: 'history'; readonly range: Range; readonly history: StatsHistory }
	/** What was told before, since the page may be another by now. */
	| { readonly kind: 'past'; readonly stats: readonly StatsNow[] };

/** The jobs behind a figure. */
export interface JobsBehind {
	readonly states: readonly JobState[];
	readonly queue?: string;
	readonly type?: string;
	readonly text?: string;
	readonly reason?: WaitReason;
	/** Ended since, epoch ms. */
	readonly since?: number;
}

export type FromPage =
	| { readonly kind: 'ready'; readonly range: Range }
	| { readonly kind: 'jobs'; readonly jobs: JobsBehind }
	| { readonly kind: 'log'; readonly id: string };

/** Undefined where it is none of these, to the letter. */
export function parseMessage(value: unknown): FromPage | undefined {
	const { kind, ...rest } = fields(value);
	if (kind === 'ready' && only(rest, 'range') && isOneOf(RANGE_NAMES, rest['range'])) {
		return { kind, range: rest['range'] };
	}
	if (kind === 'log' && only(rest, 'id') && isId(rest['id'])) return { kind, id: rest['id'] };
	if (kind === 'jobs' && only(rest, 'jobs')) {
		const jobs = parseJobs(rest['jobs']);
		return jobs === undefined ? undefined : { kind, jobs };
	}
	return undefined;
}

function parseJobs(value: unknown): JobsBehind | undefined {
	const given = fields(value);
	const { states, queue, type, text, reason, since } = given;
	if (!only(given, 'states', 'queue', 'type', 'text', 'reason', 'since')) return undefined;
	if (!Array.isArray(states) || states.length === 0 || states.length > JOB_STATES.length)
		return undefined;
	if (!states.every((state) => isOneOf(JOB_STATES, state))) return undefined;
	if (![queue, type, text].every((word) => word === undefined || isWord(word))) return undefined;
	if (reason !== undefined && !isOneOf(WAIT_REASONS, reason)) return undefined;
	if (since !== undefined && !Number.isSafeInteger(since)) return undefined;
	return given as unknown as JobsBehind;
}

const RANGE_NAMES = ['hour', 'day'] as const satisfies readonly Range[];

const fields = (value: unknown): Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
const only = (value: object, ...names: string[]): boolean =>
	Object.keys(value).every((name) => names.includes(name));
const isWord = (value: unknown): value is string =>
	typeof value === 'string' && value.length >= 1 && value.length <= 200;
const isId = (value: unknown): value is string =>
	typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);

function isOneOf<T extends string>(all: readonly T[], value: unknown): value is T {
	return all.some((one) => one === value);
}
