/** What workers said of their types last, kept: it decides about jobs that are enqueued while none is there. */

import { SemanticaError } from '../../shared/errors.ts';
import { isFunctionType } from '../../shared/functionTypes.ts';
import type { JobSpec } from '../../shared/job.ts';
import type { WorkerType } from '../../shared/protocol/workers.ts';
import type { JobHandler } from '../queue/ports/handlers.ts';
import type { Sqlite } from '../sqlite/open.ts';

export interface FunctionTypes {
	/** Undefined for what is no function. */
	handlerOf(type: string): JobHandler | undefined;
	/** Inside a transaction: from now on this is what counts. */
	put(types: readonly WorkerType[], now: number): void;
	/** After the transaction. */
	changed(): void;
}

/** Those that nobody has registered for longest are forgotten. */
const MAX_TYPES = 2000;

interface Row {
	readonly queue: string | null;
	readonly max_attempts: number | null;
	readonly restartable: number | null;
	readonly timeout_ms: number | null;
}

export function createFunctionTypes(db: Sqlite): FunctionTypes {
	const one = db.prepare<[string], Row>(
		'SELECT queue, max_attempts, restartable, timeout_ms FROM worker_types WHERE type = ?',
	);
	const upsert = db.prepare(
		`INSERT INTO worker_types (type, queue, max_attempts, restartable, timeout_ms, registered_at)
		 VALUES (?, ?, ?, ?, ?, ?)
		 ON CONFLICT (type) DO UPDATE SET queue = excluded.queue, max_attempts = excluded.max_attempts,
		 restartable = excluded.restartable, timeout_ms = excluded.timeout_ms, registered_at = excluded.registered_at`,
	);
	const forget = db.prepare(
		`DELETE FROM worker_types WHERE type IN
		 (SELECT type FROM worker_types ORDER BY registered_at DESC LIMIT -1 OFFSET ${MAX_TYPES})`,
	);
	const known = new Map<string, JobHandler>();

	return {
		handlerOf(type) {
			if (!isFunctionType(type)) return undefined;
			const kept = known.get(type);
			if (kept !== undefined) return kept;
			const row = one.get(type);
			const handler = functionHandler(type, row);
			// Anybody may ask for any number of names that nobody registered.
			if (row !== undefined) known.set(type, handler);
			return handler;
		},
		put(types, now) {
			for (const { type, queue, maxAttempts, restartable, timeoutMs } of types) {
				const again = restartable === undefined ? null : Number(restartable);
				upsert.run(type, queue ?? null, maxAttempts ?? null, again, timeoutMs ?? null, now);
			}
			forget.run();
		},
		changed: () => known.clear(),
	};
}

function functionHandler(type: string, row: Row | undefined): JobHandler {
	const timeoutMs = row?.timeout_ms ?? undefined;
	return {
		type,
		defaults: {
			queue: row?.queue ?? 'default',
			maxAttempts: row?.max_attempts ?? 1,
			restartable: row?.restartable === 1,
			...(timeoutMs === undefined ? {} : { timeoutMs }),
		},
		prepare(spec) {
			for (const [field, why] of NOT_OF_FUNCTIONS) {
				if (spec[field] !== undefined) throw refused(field, `a function ${why}`);
			}
			if (spec.onConstraintLost === 'pause') {
				const why = 'a function cannot stand still. Let it be requeued, or finish';
				throw refused('onConstraintLost', why);
			}
			return spec;
		},
		launch() {
			throw new Error(`${type} is done by workers.`);
		},
	};
}

const NOT_OF_FUNCTIONS = [
	['ready', 'has no output by which it could be ready'],
	['pty', 'has no terminal'],
	['leaveBehind', 'has no processes of its own to leave'],
	['restart', 'is tried again by maxAttempts'],
	['retryOn', 'has no exit code'],
	['surroundings', 'runs in the surroundings of its worker'],
	['skipIfUnchanged', 'has no folder in which its inputs would be'],
	['errors', 'prints nothing in which errors could be found'],
	['limits', 'has no processes of its own to be limited'],
] as const satisfies readonly (readonly [keyof JobSpec, string])[];

function refused(path: string, why: string): SemanticaError {
	return new SemanticaError('VALIDATION', `${path} does not fit: ${why}.`, { path });
}
