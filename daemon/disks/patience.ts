/** What may pass by itself: no descriptor left, a disk that stumbles. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;

/** Tries until it works, or for so long, or until an error that does not pass; then rejects with the last one. */
export async function patiently<T>(
	attempt: () => T | Promise<T>,
	limitMs: number,
	mayPass: (error: unknown) => boolean = () => true,
): Promise<T> {
	const end = performance.now() + limitMs;
	for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
		try {
			return await attempt();
		} catch (error) {
			if (performance.now() > end || !mayPass(error)) throw error;
			await delay(wait);
		}
	}
}
