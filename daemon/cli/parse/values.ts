/** Durations, times and sizes as people type them. */
import { InvalidArgumentError } from 'commander';
import { AFTER_ON, LIMITS, RESTART_POLICIES } from '../../../shared/jobTerms.ts';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90` (seconds), `500ms`, `30s`, `5m`, `1h30m`, `2d` → milliseconds, at least 1. */
export function parseDuration(text: string): number {
	const compact = text.replace(/\s+/g, '').toLowerCase();
	if (/^\d+(\.\d+)?$/.test(compact)) return positive(Number(compact) * UNIT_MS.s, text);
	if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(compact)) throw notDuration(text);
	let total = 0;
	for (const [, amount, unit] of compact.matchAll(/([\d.]+)(ms|[smhd])/g)) {
		total += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
	}
	return positive(total, text);
}

function positive(ms: number, text: string): number {
	const rounded = Math.round(ms);
	if (rounded < 1 || !Number.isSafeInteger(rounded)) throw notDuration(text);
	return rounded;
}

const notDuration = (text: string): InvalidArgumentError =>
	new InvalidArgumentError(`"${text}" is not a duration. Write 30s, 5m, 1h30m or 2d.`);

/** `+10m`, `18:30` (the next one), `2026-03-01`, `2026-03-01T09:00`, `2026-03-01 09:00` → epoch ms. */
export function parseTime(text: string, now: number): number {
	const trimmed = text.trim();
	if (trimmed.startsWith('+')) return now + parseDuration(trimmed.slice(1));
	const clock = /^(\d{1,2}):(\d{2})$/.exec(trimmed);
	if (clock !== null) return nextClock(Number(clock[1]), Number(clock[2]), now, text);
	// A bare date would be midnight UTC; people mean their own midnight.
	const local = /^\d{4}-\d{2}-\d{2}$/.test(trimmed)
		? `${trimmed}T00:00`
		: trimmed.replace(' ', 'T');
	const time = /^\d{4}-\d{2}-\d{2}T/.test(local) ? new Date(local).getTime() : Number.NaN;
	if (Number.isNaN(time) || !isDay(local)) throw notTime(text);
	return time;
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
	const day = text.slice(0, 'YYYY-MM-DD'.length);
	return new Date(`${day}T00:00Z`).toISOString().startsWith(day);
}

function nextClock(hours: number, minutes: number, now: number, text: string): number {
	if (hours > 23 || minutes > 59) throw notTime(text);
	const date = new Date(now);
	date.setHours(hours, minutes, 0, 0);
	if (date.getTime() <= now) date.setDate(date.getDate() + 1);
	return date.getTime();
}

const notTime = (text: string): InvalidArgumentError =>
	new InvalidArgumentError(
		`"${text}" is not a time. Write +10m, 18:30, 2026-03-01 or 2026-03-01T09:00.`,
	);

/** `4096`, `500k`, `1M`, `1MiB`, `2MB` → bytes; all of them binary, as in other tools' size options. */
export function parseSize(text: string): number {
	const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])i?b?|b)?$/i.exec(text.trim());
	const factor =
		{ k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }[match?.[2]?.toLowerCase() ?? ''] ?? 1;
	const bytes = Math.round(Number(match?.[1]) * factor);
	if (!Number.isSafeInteger(bytes) || bytes < 1) {
		throw new InvalidArgumentError(`"${text}" is not a size. Write 4096, 500k, 2M or 4G.`);
	}
	return bytes;
}

/** A size → whole MB of 1,048,576 bytes, at least what a job may be limited to. */
export function parseMemory(text: string): number {
	const mb = Math.ceil(parseSize(text) / 1024 ** 2);
	if (mb < LIMITS.leastMemoryMB || mb > LIMITS.mostMemoryMB) {
		throw new InvalidArgumentError(
			`It must be from ${LIMITS.leastMemoryMB}M to ${LIMITS.mostMemoryMB / 1024}G.`,
		);
	}
	return mb;
}

export function parseCpus(text: string): number {
	const cpus = Number(text);
	if (text.trim() === '' || !(cpus >= LIMITS.leastCpus && cpus <= LIMITS.mostCpus)) {
		throw new InvalidArgumentError(
			`"${text}" is no number of CPUs. Write 0.5 or 2; the least is ${LIMITS.leastCpus}.`,
		);
	}
	return cpus;
}

/** `3000`, `127.0.0.1:3000`, `[::1]:3000` */
export function parsePort(text: string): { port: number; host?: string } {
	const [, host, digits] = /^(?:\[?([^[\]]+?)\]?:)?(\d{1,5})$/.exec(text.trim()) ?? [];
	const port = Number(digits);
	if (digits === undefined || port < 1 || port > 65_535) {
		throw new InvalidArgumentError(`"${text}" is not a port. Write 3000 or 127.0.0.1:3000.`);
	}
	return host === undefined ? { port } : { port, host };
}

/** `always`, `on-failure:3` */
export function parseRestart(text: string): {
	policy: (typeof RESTART_POLICIES)[number];
	max?: number;
} {
	const [word, most, ...more] = text.split(':');
	const policy = RESTART_POLICIES.find((one) => one === word);
	if (policy === undefined || more.length > 0) {
		throw new InvalidArgumentError(
			`It must be ${RESTART_POLICIES.join(', ')}, perhaps with a number of times, as in always:100.`,
		);
	}
	return most === undefined ? { policy } : { policy, max: integerFrom(1, 1000)(most) };
}

export function parseInteger(text: string): number {
	const value = Number(text);
	if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value)) {
		throw new InvalidArgumentError(`"${text}" is not a whole number.`);
	}
	return value;
}

export const integerFrom =
	(min: number, max: number) =>
	(text: string): number => {
		const value = parseInteger(text);
		if (value >= min && value <= max) return value;
		throw new InvalidArgumentError(`It must be from ${min} to ${max}.`);
	};

/** `most` is written as people would. */
const upTo =
	(parse: (text: string) => number) =>
	(most: string) =>
	(text: string): number => {
		const value = parse(text);
		if (value <= parse(most)) return value;
		throw new InvalidArgumentError(`It must be at most ${most}.`);
	};

export const durationUpTo = upTo(parseDuration);
export const sizeUpTo = upTo(parseSize);

/** For options that want at least one. */
export function parseCount(text: string): number {
	const value = parseInteger(text);
	if (value < 1) throw new InvalidArgumentError('It must be at least 1.');
	return value;
}

/** The same, or `default`, which takes back what was set. Null would not pass commander. */
export const orDefault =
	(min: number, max: number) =>
	(text: string): number | 'default' =>
		text.trim().toLowerCase() === 'default' ? 'default' : integerFrom(min, max)(text);

/** Collects an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [
	...before,
	value,
];

/** What a job may wait for another one to come to, as it is typed behind a colon. */
export const isAwaitable = (on: string): on is (typeof AFTER_ON)[number] =>
	(AFTER_ON as readonly string[]).includes(on);
