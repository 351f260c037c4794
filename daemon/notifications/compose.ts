/** The notifications room put together: people are told of ends by a window, else by the desktop. */
import type { Job } from '../../shared/job.ts';
import type { JobsEnded } from '../../shared/protocol/notify.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { ToldEnd } from '../queue/store/tx.ts';
import type { Feed } from '../queue/views/feed.ts';
import { createDesktop, type DesktopOptions } from './desktop.ts';
import { createGathering } from './gathering.ts';

export interface NotificationsOptions extends DesktopOptions {
	readonly feed: Pick<Feed, 'onEffects'>;
	/** Those that are still kept. */
	readonly find: (ids: readonly string[]) => readonly Job[];
	/** False where no window is there. */
	readonly tellWindow: (ended: JobsEnded) => boolean;
	/** From which time on a person who asked for something looks at something else, ms. */
	readonly longMs: () => number;
	/** Whether the desktop may be used. */
	readonly onDesktop: () => boolean;
	readonly clock: Clock;
}

export interface Notifications {
	/** Of what ended elsewhere. */
	tell(told: readonly ToldEnd[]): void;
	/** A window is there, which may be told what nobody could be told before. */
	windowCame(): void;
	/** Tells what is gathered; resolves when the desktop has taken it. */
	close(): Promise<void>;
}

/** Windows that lost the daemon before this one come back within that. */
const RETURN_MS = 5000;

export function createNotifications(options: NotificationsOptions): Notifications {
	const { feed, find, tellWindow, clock } = options;
	const desktop = createDesktop(options);
	const settledAt = clock.monotonic() + RETURN_MS;

	const gathering = createGathering(clock, ({ ids, count, failed }) => {
		const jobs = find(ids);
		// What was removed meanwhile is not missed by anybody.
		if (jobs.length === 0) return true;
		const ended = { jobs: [...jobs], count, failed };
		if (tellWindow(ended)) return true;
		if (!options.onDesktop() || !desktop.isThere) return false;
		const soon = settledAt - clock.monotonic();
		if (soon > 0) {
			clock.after(soon, gathering.flush);
			return false;
		}
		desktop.say(ended);
		return true;
	});
	const tell = (told: readonly ToldEnd[]) => {
		const worth = told.filter(({ sinceAskedMs = Infinity }) => sinceAskedMs >= options.longMs());
		if (worth.length > 0) gathering.add(worth);
	};
	const stop = feed.onEffects(({ told }) => tell(told));
	return {
		tell,
		windowCame: gathering.flush,
		async close() {
			stop();
			gathering.flush();
			await desktop.settled();
		},
	};
}
