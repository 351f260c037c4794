/** Windows of editors, which show people what they are to be told. */
import type { JobsEnded } from '../../shared/protocol/notify.ts';
import { notifications } from '../../shared/protocol/requests.ts';
import type { Session } from './asking.ts';

export interface Windows {
	/** From now on it is one, as long as it is connected. */
	report(session: Session, focused: boolean): void;
	/** Tells the one that has focus, or had it last; false where there is none. */
	tell(ended: JobsEnded): boolean;
}

/** @param came Hears of each report. */
export function createWindows(came: () => void): Windows {
	/** When each had focus last, counted; 0 is never. */
	const focusedAt = new Map<Session, number>();
	let count = 0;
	return {
		report(session, focused) {
			const before = focusedAt.get(session);
			if (before === undefined) session.onClose(() => focusedAt.delete(session));
			// One that loses it had it until now.
			if (focused || before === undefined) focusedAt.set(session, focused ? ++count : 0);
			came();
		},
		tell(ended) {
			let last: Session | undefined;
			for (const [session, at] of focusedAt) {
				if (last === undefined || at >= (focusedAt.get(last) ?? 0)) last = session;
			}
			last?.notify(notifications.jobsEnded, ended);
			return last !== undefined;
		},
	};
}
