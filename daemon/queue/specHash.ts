/** What the client asked for, as one value: the same key must stand for the same (docs/design.md section 3). */
import { createHash } from 'node:crypto';
import type { JobSpec } from '../../shared/job.ts';
import type { StoredPayload } from './payloadStore.ts';

/** The order in which an object names its fields makes no difference; `workspace` is canonical, or ''. */
export function specHash(spec: JobSpec, workspace: string, payload: StoredPayload | null): string {
	const { payload: given, ...rest } = spec;
	const hash = createHash('sha256').update(canonicalJson({ ...rest, workspace }));
	if (given !== undefined) hash.update(canonicalJson(given));
	else if (payload !== null) hash.update(contentDigest(payload));
	return hash.digest('base64');
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
