/** A waiting job leaves for another queue: what it is, as it could be asked for there, and its end here in the commit that keeps it there. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { PayloadSource, PayloadStore } from '../ports/payloadStore.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import type { DependencyTable } from '../store/dependencies.ts';
import type { JobRow } from '../store/rows.ts';
import type { StoredSpec } from '../store/storedSpec.ts';
import type { Tx } from '../store/tx.ts';
import type { Transitions } from './transitions.ts';

export interface Leaving {
	/** Without its payload, and without what says something of this machine only. */
	readonly spec: JobSpecInput;
	readonly payload: PayloadSource | null;
	/** Differs when anything of it was changed. */
	readonly stamp: string;
}

export interface HandOver {
	/** @throws SemanticaError CONFLICT with the reason why it stays */
	look(row: JobRow): Leaving;
	/** @throws SemanticaError CONFLICT where it is not any more what was looked at */
	leave(tx: Tx, row: JobRow, stamp: string, keep: () => string): void;
}

export function createHandOver(
	transitions: Pick<Transitions, 'end'>,
	dependencies: Pick<DependencyTable, 'isAwaited' | 'isAwaitedReady'>,
	payloads: Pick<PayloadStore, 'source'>,
): HandOver {
	function whyItStays(row: JobRow): string | undefined {
		if (row.state !== STATE.queued) return `it is ${stateName(row.state)}`;
		if (row.stage === STAGE.stopping) return 'it is being stopped';
		if (row.run > 0) return 'it has been begun here';
		if (row.held === 1) return 'it is held until a person resumes it';
		if (row.approval === 1) return 'it waits for the approval of a person';
		if (row.parent !== null) return 'it is part of another job';
		if (row.after_count > 0) return 'it waits for other jobs of this machine';
		if (dependencies.isAwaited(row.generation) || dependencies.isAwaitedReady(row.generation)) {
			return 'other jobs of this machine wait for it';
		}
		if (row.event !== null) return 'it waits for an event of this machine';
		if (row.group_name !== '') return 'it belongs to a group of this machine';
		return undefined;
	}

	function look(row: JobRow): Leaving {
		const why = whyItStays(row);
		if (why !== undefined) throw new SemanticaError('CONFLICT', why);
		// What is not as usual: whoever takes it refuses by name what must not leave.
		const kept = JSON.parse(row.spec) as Partial<StoredSpec>;
		const { surroundings: _, supersede, debounceMs, maxDelayMs, ttlMs, deadlineAt, ...rest } = kept;
		const until = row.expires_at ?? deadlineAt ?? null;
		const spec = {
			...rest,
			type: row.type,
			title: row.title,
			priority: row.priority,
			runAt: row.run_at,
			...(row.key === null ? {} : { key: row.key }),
			...(row.subject === null ? {} : { subject: row.subject }),
			...(until === null ? {} : { deadlineAt: until }),
		} as JobSpecInput;
		const payload = row.payload_bytes === 0 ? null : payloads.source(row.generation);
		return { spec, payload, stamp: stampOf(row) };
	}

	return {
		look,
		leave(tx, row, stamp, keep) {
			look(row);
			if (stampOf(row) !== stamp) throw new SemanticaError('CONFLICT', 'it was changed meanwhile');
			const message = `It waits in the shared queue as ${keep()}.`;
			transitions.end(tx, row, STATE.superseded, {
				reason: 'supersede',
				error: { code: 'MOVED', message },
			});
		},
	};
}

function stampOf(row: JobRow): string {
	const { spec, title, priority, run_at, key, subject, expires_at, payload_bytes } = row;
	return JSON.stringify([spec, title, priority, run_at, key, subject, expires_at, payload_bytes]);
}
