/** The connections of a machine that joined: one for everything, and where it is given one for listening alone. */
import type { Clock } from '../queue/ports/clock.ts';
import { parseAddress } from './address.ts';
import { type Connection, createConnection } from './connection.ts';
import { createListening, type Listening } from './listening.ts';
import type { Joined } from './membership.ts';
import { passwordOf } from './password.ts';

export interface Heard {
	readonly notified: (channel: string) => void;
	/** Nothing is heard any more. */
	readonly lost: () => void;
}

export interface Connections {
	readonly connection: Connection;
	readonly listening: Listening;
	cut(): void;
	close(): Promise<void>;
}

export function openConnections(
	joined: Joined,
	clock: Pick<Clock, 'monotonic'>,
	heard: Heard,
): Connections {
	const { listenAddress, ca } = joined;
	const common = { password: (signal: AbortSignal) => passwordOf(joined, signal), ca };
	const hearing = {
		notified: heard.notified,
		lost() {
			const heardBefore = listening.active();
			listening.lost();
			if (heardBefore) heard.lost();
		},
	};
	const alone =
		listenAddress === undefined
			? undefined
			: createConnection({ ...common, ...hearing, address: parseAddress(listenAddress) });
	const connection = createConnection({
		...common,
		...(alone === undefined ? hearing : {}),
		address: parseAddress(joined.address),
	});
	const listening: Listening = createListening({
		connection: alone ?? connection,
		alone: alone !== undefined,
		clock,
	});
	return {
		connection,
		listening,
		cut() {
			connection.cut();
			alone?.cut();
		},
		async close() {
			await Promise.all([connection.close(), alone?.close()]);
		},
	};
}
