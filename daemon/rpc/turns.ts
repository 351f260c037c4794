/** Requests of one connection commit in arrival order, though some take longer to prepare, or to do. */
import type { Session } from './asking.ts';

export type Turns = ReturnType<typeof createTurns>;

export function createTurns() {
	/** Of sessions in which something waits for its turn, or for the disk. */
	const last = new WeakMap<Session, Promise<void>>();

	return <P, T>(
		session: Session,
		prepared: P | Promise<P>,
		submit: (prepared: P) => Promise<T>,
		until: 'submitted' | 'done' = 'submitted',
	): Promise<T> => {
		const before = last.get(session);
		if (before === undefined && !(prepared instanceof Promise) && until === 'submitted') {
			return submit(prepared);
		}
		// The box keeps the next one from waiting for this one's fsync, only for its submission.
		const submitted = Promise.all([prepared, before]).then(([ready]) => ({
			answer: submit(ready),
		}));
		const turn = submitted
			.then(
				({ answer }) => (until === 'done' ? answer.then(nothing, nothing) : undefined),
				() => before,
			)
			.then(() => {
				if (last.get(session) === turn) last.delete(session);
			});
		last.set(session, turn);
		return submitted.then(({ answer }) => answer);
	};
}

function nothing(): void {}
