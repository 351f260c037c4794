/** Supersede (docs/design.md section 3): what a new job of a subject replaces. */
import type { JobSpec } from '../../../shared/job.ts';
import { STATE } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { Tx } from '../store/tx.ts';
import { ANYTHING, type Touchable } from './family.ts';
import type { Subjects } from './subjects.ts';
import type { Transitions } from './transitions.ts';

export interface Replaced {
	/** Ids, oldest first. */
	readonly ended: string[];
	/** Where their debounce began. */
	readonly firstTrigger: number;
	/** There is work of the subject that it may not replace. */
	readonly strangers: boolean;
}

export interface Replacing {
	/** Those that it would end. */
	meant(spec: JobSpec, mayTouch: Touchable): JobRow[];
	replace(tx: Tx, spec: JobSpec, mayTouch: Touchable): Replaced;
}

/** Of a job that replaces nothing. */
export const nothingReplaced = (tx: Tx): Replaced => {
	return { ended: [], firstTrigger: tx.now, strangers: false };
};

export function createReplacing(subjects: Subjects, transitions: Transitions): Replacing {
	function meant({ type, subject, supersede }: JobSpec, mayTouch: Touchable): JobRow[] {
		if (subject === undefined || supersede === 'none') return [];
		const active = supersede === 'abort' ? subjects.active(type, subject) : undefined;
		const all = [...subjects.queued(type, subject), ...(active === undefined ? [] : [active])];
		return all.filter(mayTouch);
	}

	function replace(tx: Tx, { type, subject, supersede }: JobSpec, mayTouch: Touchable): Replaced {
		const ended: string[] = [];
		let firstTrigger = tx.now;
		let strangers = false;
		if (subject === undefined || supersede === 'none') return nothingReplaced(tx);
		for (const older of subjects.queued(type, subject)) {
			if (!mayTouch(older)) {
				strangers = true;
				continue;
			}
			// One that has run belongs to a burst that is over.
			if (older.run === 0) firstTrigger = Math.min(firstTrigger, older.first_trigger);
			transitions.end(tx, older, STATE.superseded, { reason: 'supersede' });
			ended.push(older.id);
		}
		const isClients = mayTouch === ANYTHING;
		const active = supersede === 'abort' || !isClients ? subjects.active(type, subject) : undefined;
		if (active !== undefined && !mayTouch(active)) strangers = true;
		else if (active !== undefined && supersede === 'abort') {
			transitions.requestStop(tx, active, 'supersede');
			ended.push(active.id);
		}
		return { ended, firstTrigger, strangers };
	}

	return { meant, replace };
}
