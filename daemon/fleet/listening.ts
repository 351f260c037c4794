/**
 * What wakes a machine before its next look: notifications of the queue, where they come. Only ever a hint. They need a
 * session of their own, which a pooler in transaction mode does not give: over one nothing is listened for, and a second
 * address may lead past it.
 */
import type { Clock } from '../queue/ports/clock.ts';
import type { Connection } from './connection.ts';

export interface ListeningOptions {
	/** The one that everything is asked over, or one for listening alone. */
	readonly connection: Pick<Connection, 'listen' | 'run'>;
	readonly alone: boolean;
	readonly clock: Pick<Clock, 'monotonic'>;
}

export interface Listening {
	/** Listens for these instead of the ones before; false where notifications do not come. Never rejects. */
	follow(channels: readonly string[]): Promise<boolean>;
	active(): boolean;
	/** Its connection is gone. */
	lost(): void;
}

/** So long after it did not work it is not tried again. */
const AGAIN_MS = 60_000;
/** A connection over which nothing comes may be dead without anybody being told. */
const LOOK_MS = 120_000;

export function createListening({ connection, alone, clock }: ListeningOptions): Listening {
	let active = false;
	let failedAt = Number.NEGATIVE_INFINITY;
	let heardAt = Number.NEGATIVE_INFINITY;
	let followed = '';

	return {
		async follow(channels) {
			const now = clock.monotonic();
			if (!active && now - failedAt < AGAIN_MS) return false;
			const wanted = channels.join(' ');
			try {
				if (active && wanted === followed) {
					if (!alone || now - heardAt < LOOK_MS) return true;
					await connection.run('SELECT 1');
				} else {
					active = await connection.listen(channels);
					followed = wanted;
				}
				heardAt = now;
			} catch {
				active = false;
			}
			if (!active) failedAt = now;
			return active;
		},
		active: () => active,
		lost() {
			active = false;
			// The next look tries it anew.
			failedAt = Number.NEGATIVE_INFINITY;
		},
	};
}

/** As the server's function of that name writes them. */
const channel = (prefix: 'n' | 'q', id: string | number) =>
	`fleet_${prefix}${String(id).replaceAll('-', '')}`;
export const NEW_NEEDS = 'fleet_needs';
export const ordersOf = (node: string): string => channel('n', node);
export const workFor = (need: number): string => channel('q', need);
