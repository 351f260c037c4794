/** What the client asked for, as one value: the same key must stand for the same (docs/design.md section 3). */
import { createHash } from 'node:crypto';
import type { JobSpec } from '../../../shared/job.ts';
import type { Command } from '../../../shared/jobFields.ts';
import type { StoredPayload } from '../ports/payloadStore.ts';

/**
 * The order in which an object names its fields makes no difference; `workspace` is canonical, or ''.
 * Left out is what a client fills in from its clock and its shell, surroundings included: who says "in an hour" under one
 * key twice means one job; and how soon it comes and who hears of it, which is not what it does.
 */
export function specHash(spec: JobSpec, workspace: string, payload: StoredPayload | null): string {
	const { payload: given, runAt: _runAt, deadlineAt: _deadlineAt, ...others } = spec;
	const { surroundings: _, notify: _notify, priority: _priority, ...rest } = others;
	const command = rest.command && withoutPath(rest.command);
	const hash = createHash('sha256').update(canonicalJson({ ...rest, command, workspace }));
	if (given instanceof Uint8Array) hash.update(JSON.stringify(textOf(given)));
	else if (given !== undefined) hash.update(canonicalJson(given));
	else if (payload !== null) hash.update(contentDigest(payload));
	return hash.digest('base64');
}

/** However long the message was in which it came, it is the same payload. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
	return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}

/** Windows calls it `Path`. */
function withoutPath(command: Command): Command {
	const env = Object.entries(command.env).filter(([name]) => name.toUpperCase() !== 'PATH');
	return { ...command, env: Object.fromEntries(env) };
}

function canonicalJson(value: unknown): string {
	return JSON.stringify(value, (_key, item: unknown) =>
		typeof item === 'object' && item !== null && !Array.isArray(item)
			? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
			: item,
	);
}

// The same whether the content is inline or in a file: the threshold may change in between.
function contentDigest({ place }: StoredPayload): Buffer {
	return place.kind === 'file' ? place.digest : createHash('sha256').update(place.data).digest();
}
