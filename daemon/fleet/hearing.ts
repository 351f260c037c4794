/** Whether there may be something to take: whoever listens asks after a notification, and only now and then without. */
import type { Clock } from '../queue/ports/clock.ts';
import { type Listening, NEW_NEEDS, ordersOf, workFor } from './listening.ts';

export interface HearingOptions {
	readonly listening: Pick<Listening, 'active' | 'follow'>;
	readonly clock: Pick<Clock, 'monotonic'>;
	/** The id of this machine. */
	readonly me: string;
}

/** Whoever listens asks all the same so often: a notification is only a hint. */
const UNHEARD_MS = 120_000;
/** Beyond so many kinds of work it is not listened for each. */
const MOST_LISTENED = 200;

export interface Claim {
	readonly needs: readonly number[];
	readonly most: number;
}

export function createHearing({ listening, clock, me }: HearingOptions) {
	/** When nothing was left of the work of these needs. */
	let drained: { readonly needs: string; readonly at: number } | undefined;
	let isTold = false;

	return {
		/** Nothing waits that would not be told of. */
		isComplete: () => drained !== undefined && listening.active(),
		notified(channel: string): void {
			if (channel === NEW_NEEDS || channel === ordersOf(me)) isTold = true;
			else drained = undefined;
		},
		/** Something was ordered, or there is a new kind of work: the next sync brings it. */
		isTold: () => isTold,
		synced(): void {
			isTold = false;
		},
		/** Whether nothing has come for these since the last claim. Else it is about to be asked for. */
		async isSilent(claims: readonly Claim[]): Promise<boolean> {
			const sorted = claims.flatMap(({ needs }) => needs).sort((a, b) => a - b);
			const channels = [ordersOf(me), NEW_NEEDS, ...sorted.map(workFor)];
			const hears = sorted.length <= MOST_LISTENED && (await listening.follow(channels));
			const now = clock.monotonic();
			// What may be taken of a rule again may have waited meanwhile.
			const key = claims.map(({ needs, most }) => `${most > 0} ${needs}`).join(' ');
			if (hears && drained?.needs === key && now - drained.at < UNHEARD_MS) return true;
			// Before it is asked for: what is queued from here on is told.
			drained = hears ? { needs: key, at: now } : undefined;
			return false;
		},
		/** There was more than could be taken. */
		left(): void {
			drained = undefined;
		},
	};
}
