/** Kinds of values that fields of jobs have; what a schema refuses is said in our own words. */
import * as z from 'zod';
import { LIMITS } from './jobTerms.ts';
import { boundText } from './wording.ts';

z.config({ customError: boundText });

/** Never recurses deeper than asked, so hostile nesting cannot exhaust the stack. */
export function depthWithin(value: unknown, levels: number): boolean {
	if (typeof value !== 'object' || value === null) return true;
	if (levels === 0) return false;
	// Every part of a large payload passes here on the daemon's only thread: most are no containers.
	const fits = (part: unknown) =>
		typeof part !== 'object' || part === null || depthWithin(part, levels - 1);
	if (Array.isArray(value)) {
		for (const part of value) if (!fits(part)) return false;
		return true;
	}
	const parts = value as Record<string, unknown>;
	for (const name in parts) if (!fits(parts[name])) return false;
	return true;
}

const deepest = { error: `must not be nested deeper than ${LIMITS.payloadDepth}` };

/** What a job is given, where its handler judges the rest. */
export const boundedValue = z
	.unknown()
	.refine((value) => depthWithin(value, LIMITS.payloadDepth), deepest);
/** JSON; looked at for its depth first, since the library's own look recurses as deep as it goes. */
export const boundedJson = boundedValue.pipe(z.json());

export const bytesAtMost = (max: number) => (value: string) => Buffer.byteLength(value) <= max;
export const noNul = (value: string) => !value.includes('\0');
export const NUL_MESSAGE = 'must not contain a NUL character';
/** Text that stays what it is on its way to a process, a file's name or the database: all of them are UTF-8. */
export const plainText = z
	.string()
	.refine((value) => value.isWellFormed(), 'must not hold half of a surrogate pair');
export const withoutNul = plainText.refine(noNul, NUL_MESSAGE);
/** For eyes only: what PostgreSQL does not store is shown as U+FFFD. */
export const storable = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd');

export const epochMs = z.int().min(0).max(LIMITS.maxEpochMs);
export const durationMs = z.int().positive().max(Number.MAX_SAFE_INTEGER);
export const HOUR_MS = 3_600_000;
