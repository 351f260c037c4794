/** The one line that a launcher waits for. */
import { closeSync, writeSync } from 'node:fs';
import type { ReadyMessage } from '../../shared/client/launch.ts';

/** Tells the launcher, once; without one (started by hand) a person reads it. */
export function sayReady(message: ReadyMessage): void {
	const fd = Number(process.env['SEMANTICA_READY_FD'] ?? Number.NaN);
	// Jobs and daemons that jobs start must not inherit it.
	delete process.env['SEMANTICA_READY_FD'];
	if (Number.isInteger(fd)) {
		try {
			writeSync(fd, `${JSON.stringify(message)}\n`);
		} catch {
			// The launcher has gone meanwhile: whoever comes next finds the daemon by its files.
		}
		closeSync(fd);
	} else if ('error' in message) {
		console.error(message.error);
	} else if ('again' in message) {
		console.error(message.again);
	} else if ('busy' in message) {
		const who = message.pid === null ? '' : ` (process ${message.pid})`;
		console.error(`Another Semantica daemon${who} serves this data folder already.`);
	}
}
