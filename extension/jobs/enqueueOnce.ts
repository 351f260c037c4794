/** Whoever tries again what was not answered means the same job: it goes with the same key, so it runs once. */
import { randomUUID } from 'node:crypto';
import type { JobSpecInput } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import { enqueue } from './enqueue.ts';

/** Whoever asks later than this has seen what became of it, and wants another one. */
const SAME_WISH_MS = 10 * 60_000;

export type EnqueueOnce = (spec: JobSpecInput) => Promise<string>;

/** @param now Monotonic ms. */
export function createEnqueueOnce(link: Pick<Link, 'request'>, now: () => number): EnqueueOnce {
	const unanswered = new Map<string, { readonly key: string; readonly at: number }>();
	return async (spec) => {
		for (const [wish, { at }] of unanswered) {
			if (now() - at > SAME_WISH_MS) unanswered.delete(wish);
		}
		const wish = JSON.stringify(spec);
		const key = unanswered.get(wish)?.key ?? randomUUID();
		unanswered.delete(wish);
		try {
			return await enqueue(link, spec, key);
		} catch (error) {
			// Also kept where the daemon refused it: then no job has the key, and it is as good as a new one.
			unanswered.set(wish, { key, at: now() });
			throw error;
		}
	};
}
