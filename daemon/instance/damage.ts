/** The way out of a damaged job database: it is marked, and the next start sets it aside and begins anew. */
import { writeFileSync } from 'node:fs';
import { errorMessage } from '../../shared/errors.ts';
import { isDamage } from '../sqlite/damage.ts';
import type { DaemonLog } from './log.ts';
import { sayReady } from './ready.ts';

export interface DamageExit {
	/** Ends the daemon for what the sentence says. */
	leave(sentence: string): void;
	/** Ends the daemon if the error says that the database is damaged. */
	leaveIfDamaged(error: unknown): void;
	/** This start has set one aside already. A disk that spoils the new one too is not to be asked for ever. */
	begunAnew(): void;
	/** Nobody waits for the start any more. */
	started(): void;
}

export function createDamageExit(markFile: string, log: DaemonLog): DamageExit {
	let starting = true;
	let anew = false;

	function leave(sentence: string): void {
		const what = `${sentence} It is set aside at the next start, which the next client causes.`;
		log.error(what);
		writeFileSync(markFile, sentence);
		if (starting) sayReady(anew ? { error: what } : { again: what });
		process.exit(1);
	}

	return {
		leave,
		leaveIfDamaged(error) {
			if (isDamage(error)) leave(`The job database is damaged: ${errorMessage(error)}.`);
		},
		begunAnew() {
			anew = true;
		},
		started() {
			starting = false;
		},
	};
}
