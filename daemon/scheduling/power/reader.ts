/** Where the machine's power comes from, as a port: one reader per platform, and one for tests. */
import { errorMessage } from '../../../shared/errors.ts';
import type { Clock } from '../../queue/ports/clock.ts';

export interface PowerReading {
	/** `unknown` never satisfies a constraint. */
	readonly source: 'ac' | 'battery' | 'unknown';
	/** Charge of all batteries together, 0 to 100; null where there is none or it cannot be read. */
	readonly percent: number | null;
	/** What the answer rests on, for people: "ADP1 is online". */
	readonly reason: string;
}

/** May reject, and may take long: `createBoundedReader` makes both an answer. */
export type PowerReader = () => Promise<PowerReading>;

/** Desktops, containers and platforms without a reader: they do not run on a battery that we could know of. */
export const readWithoutBattery: PowerReader = async () => ({
	source: 'ac',
	percent: null,
	reason: 'no battery is known on this platform',
});

/**
 * A reader that always answers within `limitMs`. While a read hangs (a stuck driver) no other is begun, so
 * that hung reads cannot pile up.
 */
export function createBoundedReader(
	read: PowerReader,
	clock: Clock,
	limitMs: number,
): () => Promise<PowerReading> {
	let hanging = false;
	const unknown = (reason: string): PowerReading => ({ source: 'unknown', percent: null, reason });
	return () => {
		if (hanging) {
			return Promise.resolve(unknown('the power state is not answered by the operating system'));
		}
		hanging = true;
		return new Promise((resolve) => {
			const timer = clock.after(limitMs, () =>
				resolve(unknown(`the power state could not be read within ${limitMs / 1000} s`)),
			);
			const settle = (reading: PowerReading) => {
				hanging = false;
				timer.cancel();
				resolve(reading);
			};
			Promise.resolve()
				.then(read)
				.then(settle, (error: unknown) =>
					settle(unknown(`the power state cannot be read: ${errorMessage(error)}`)),
				);
		});
	};
}

/** A charge as drivers report it, or null when it is none: empty, not a number, negative. 101 is 100. */
export function toPercent(value: number | null): number | null {
	if (value === null || !Number.isFinite(value) || value < 0) return null;
	return Math.min(100, Math.round(value));
}
