import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to outgoing connections and to `listen(0)`, which would take a port that was just found. */
const FIRST = 10_000;
const COUNT = 22_000;
/** Files run beside each other, so each begins somewhere else, and takes none twice. */
let next = Math.floor(Math.random() * COUNT);

/** A port of 127.0.0.1 on which nobody listens, for a server that must be told its own. */
export async function freePort(): Promise<number> {
	for (let tries = 0; tries < COUNT; tries++) {
		const port = FIRST + (next++ % COUNT);
		const server = createServer();
		try {
			// All addresses, as some of those servers do.
			await once(server.listen(port), 'listening');
		} catch {
			continue;
		}
		server.close();
		await once(server, 'close');
		return port;
	}
	throw new Error('No port was free.');
}
