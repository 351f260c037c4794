/** The last look before work of others starts: the server says that it may, and that is remembered here before the first instruction. */
import { setTimeout as delay } from 'node:timers/promises';
import { SemanticaError } from '../../shared/errors.ts';
import type { Execution, Executor } from '../queue/execution.ts';
import { type LeaseTime, marginOf } from './lease.ts';
import type { Tenure } from './port.ts';
import type { FleetTable, HeldRow } from './table.ts';

export interface GateOptions {
	readonly table: FleetTable;
	readonly time: LeaseTime;
	readonly submit: <T>(work: () => T) => Promise<T>;
	/** @throws while the queue cannot be reached */
	readonly begin: (tenure: Tenure) => Promise<boolean>;
	/** Ends the local job as cancelled. */
	readonly cancel: (localId: string) => Promise<void>;
}

const ASK_AGAIN_MS = 250;
const KEY = /^fleet:([0-9a-f-]{36}):([0-9a-f-]{36})$/;

/** Jobs of others wait at the gate; everything else goes straight to `others`. */
export function gated(others: Executor, options: () => GateOptions | undefined): Executor {
	return {
		execute(claimed, payload, told) {
			const { row } = claimed;
			if (!row.origin.startsWith('fleet/')) return others.execute(claimed, payload, told);
			return afterwards(mayStart(row.key, row.id, options()), () =>
				others.execute(claimed, payload, told),
			);
		},
		settled: (id, run) => others.settled(id, run),
	};
}

async function mayStart(
	key: string | null,
	localId: string,
	options: GateOptions | undefined,
): Promise<boolean> {
	const [, id = '', lease = ''] = KEY.exec(key ?? '') ?? [];
	const held = options?.table.held.of({ id, lease });
	const allowed =
		options !== undefined &&
		held !== undefined &&
		held.given_up === 0 &&
		(await begun(held, options));
	if (allowed) return true;
	// Whoever does not begin gives back: the server knows whether somebody cancelled it.
	if (held !== undefined) await options?.submit(() => options.table.held.givenUp(held.lease));
	// Or it would be tried again here.
	await options?.cancel(localId);
	return false;
}

async function begun(held: HeldRow, options: GateOptions): Promise<boolean> {
	const { table, time, submit } = options;
	const restartable = held.restartable === 1;
	// What must not run twice goes on when its lease is over, so it needs none of it to say goodbye.
	// Begun under this tenure already, and nobody else will run it.
	if (!restartable && held.begun === 1) return true;
	// What must not run twice goes on when its lease is over, so it needs none of it to say goodbye.
	const isOurs = () => time.left() > (restartable ? marginOf(held.grace_ms, time.leaseMs) : 0);
	// At the start of a daemon the server has not been heard of yet.
	const until = performance.now() + time.leaseMs;
	for (;;) {
		try {
			if (isOurs()) {
				if (!(await options.begin({ id: held.id, lease: held.lease }))) return false;
				break;
			}
		} catch (error) {
			if (!(error instanceof SemanticaError)) throw error;
			// What may be run again needs no word from the server, only its lease.
			if (restartable && isOurs()) break;
		}
		if (performance.now() > until) return false;
		await delay(ASK_AGAIN_MS, undefined, { ref: false });
	}
	if (restartable && !isOurs()) return false;
	return submit(() => {
		const now = table.held.of(held);
		if (now === undefined || now.given_up === 1) return false;
		// Handed out twice under two leases, which only a server does that lies or has lost its last second.
		const before = table.seen.get(held.id)?.begun === 1;
		if (before && now.begun === 0 && held.restartable === 0) return false;
		table.held.begun(now);
		return true;
	});
}

/** An execution that begins once it may, or ends as interrupted without a process. */
function afterwards(allowed: Promise<boolean>, start: () => Execution): Execution {
	let running: Execution | undefined;
	let stopped: Parameters<Execution['stop']> | undefined;
	const started = allowed.then((may) => {
		if (may && stopped === undefined) running = start();
		return running;
	});
	return {
		ended: started.then(
			(execution) =>
				execution?.ended ?? {
					outcome: { kind: 'interrupted' as const },
					result: undefined,
					logBytes: 0,
				},
			() => ({ outcome: { kind: 'interrupted' as const }, result: undefined, logBytes: 0 }),
		),
		stop(...how) {
			stopped = how;
			running?.stop(...how);
		},
		async pause() {
			return (await (await started)?.pause()) ?? false;
		},
		async resume() {
			await (await started)?.resume();
		},
		answer: (...given) => running?.answer(...given),
		note: (sentence) => running?.note(sentence),
	};
}
