/**
 * Leaving a shared queue in order: nothing new is taken, what has not begun goes back, what runs here ends and is
 * reported, and only then the machine is gone. Kept in jobs.db, so that the next life of the daemon goes on with it.
 */
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Timer } from '../queue/ports/clock.ts';
import { hashOf } from './envelope.ts';
import type { JoinedMachine } from './joined.ts';
import type { Membership } from './membership.ts';
import type { FleetOptions } from './options.ts';
import type { FleetTable } from './table.ts';

/** `now`: what runs is stopped; what may be run again goes back. */
export type LeavingMode = 'whenDone' | 'now';

export interface LeavingOptions extends Pick<FleetOptions, 'clock' | 'submit' | 'warn'> {
	readonly membership: Membership;
	readonly table: FleetTable;
	/** @throws SemanticaError CONFLICT */
	readonly joined: () => JoinedMachine;
	readonly machine: () => JoinedMachine | undefined;
	/** It works for the queue no more. */
	readonly closed: () => void;
	/** The next time it joins it is another machine. */
	readonly forgetKey: () => void;
	readonly changed: (ids: readonly string[]) => void;
}

type Progress = Result<'fleet/leave'>;

interface Asking {
	readonly told: (progress: Progress) => void;
	readonly failed: (error: unknown) => void;
}

const NUMBER = { whenDone: 1, now: 2 } as const;
const LEFT = {
	left: true,
	running: [],
	runningCount: 0,
	unreported: 0,
	undelivered: 0,
	unreachable: null,
	state: 'left',
};
/** So many are named. */
const NAMED = 20;
/** Who leaves now waits for the server so long in all, from when nothing runs here for others. */
export const NOW_WITHIN_MS = 5000;

export type Leaving = ReturnType<typeof createLeaving>;

/** Of the table alone: who takes work asks for it, too. */
export function leavingMode(table: Pick<FleetTable, 'number'>): LeavingMode | null {
	const kept = table.number('leaving');
	return kept === NUMBER.now ? 'now' : kept === NUMBER.whenDone ? 'whenDone' : null;
}

export function createLeaving(options: LeavingOptions) {
	const { membership, table, clock, submit, changed } = options;
	const asking = new Set<Asking>();
	let finishing = false;
	/** Whether the queue was told, once that is known. */
	let told: boolean | undefined;
	let late: Timer | undefined;

	const mode = () => leavingMode(table);

	function progress(machine: JoinedMachine): Progress {
		const running = machine.running();
		const held = table.held.all();
		const unreported = held.length - running.length;
		const undelivered = table.sent.undeliveredCount();
		const unreachable = machine.node.unreachable()?.message ?? null;
		return {
			left: false,
			told: false,
			newKey: false,
			running: running.slice(0, NAMED).map(shown),
			runningCount: running.length,
			unreported,
			undelivered,
			unreachable,
			state: hashOf(
				Buffer.from(JSON.stringify([running.map(shown), unreported, undelivered, unreachable])),
			),
		};
	}

	/** Whether anything is waited for. */
	function isOver(machine: JoinedMachine): boolean {
		const runs = machine.running().length > 0;
		// Another life of this machine speaks for it: nothing can be reported.
		if (machine.node.replaced()) return !runs;
		const isNow = mode() === 'now';
		if (table.held.all().length > 0) return isNow && !runs && machine.node.unreachable() !== null;
		return isNow || table.sent.undeliveredCount() === 0;
	}

	/** A server that is silent is left without a word. */
	function limit(): void {
		const machine = options.machine();
		if (late !== undefined || machine === undefined || mode() !== 'now') return;
		if (machine.running().length > 0) return;
		late = clock.after(NOW_WITHIN_MS, () => {
			late = undefined;
			// Thought better of, or it runs again.
			if (mode() !== 'now' || (!finishing && machine.running().length > 0)) return;
			machine.cut();
			if (!finishing) void finish(machine);
		});
	}

	function look(): void {
		limit();
		const machine = options.machine();
		if (machine === undefined || finishing || mode() === null) return;
		if (isOver(machine)) void finish(machine);
		else tell(progress(machine));
	}

	function tell(said: Progress): void {
		for (const one of asking) one.told(said);
	}

	async function finish(machine: JoinedMachine): Promise<void> {
		finishing = true;
		try {
			await machine.node.stop();
			const replaced = machine.node.replaced();
			told ??= replaced
				? false
				: await machine.queue.leave().then(
						() => true,
						() => false,
					);
			await machine.close();
			const unreported = told ? 0 : table.held.all().length;
			const undelivered = table.sent.undeliveredCount();
			const open = table.sent.open().map(({ id }) => id);
			await submit(() => {
				for (const id of open) {
					table.sent.refused(id, 'this machine left the shared queue', clock.now());
				}
				for (const { lease } of table.held.all()) table.held.drop(lease);
				table.setNumber('mark', 0);
			});
			membership.change(({ joined: _, ...now }) => now);
			await submit(() => table.setNumber('leaving', 0));
			if (replaced) options.forgetKey();
			options.closed();
			tell({ ...LEFT, told, newKey: replaced, unreported, undelivered });
			told = undefined;
			changed(open);
		} catch (error) {
			// A disk that is full: said again, or by the next daemon, it goes on.
			for (const one of asking) one.failed(error);
			options.warn(`The shared queue could not be left: ${errorMessage(error)}`);
		} finally {
			finishing = false;
			late?.cancel();
			late = undefined;
		}
	}

	async function begin({ now, stay }: Params<'fleet/leave'>): Promise<JoinedMachine> {
		const machine = options.joined();
		const before = mode();
		// Said again without --now it does not slow down.
		const wanted = stay ? null : now || before === 'now' ? 'now' : 'whenDone';
		if (wanted !== before) {
			await submit(() => table.setNumber('leaving', wanted === null ? 0 : NUMBER[wanted]));
			changed([]);
			late?.cancel();
			late = undefined;
		}
		if (wanted !== null) await machine.node.letGo(wanted);
		limit();
		machine.node.wake();
		return machine;
	}

	return {
		mode,
		/** @throws SemanticaError CONFLICT while it leaves */
		assertStays(): void {
			if (mode() === null) return;
			throw new SemanticaError(
				'CONFLICT',
				'This machine is leaving the shared queue. It stays with: semantica fleet leave --stay',
			);
		},
		/** Answers when something differs from what was seen, or it is over; asked again it goes on. */
		async leave(params: Params<'fleet/leave'>, signal: AbortSignal): Promise<Progress> {
			const machine = await begin(params);
			const now = progress(machine);
			const isNews = !isOver(machine) && now.state !== params.seen;
			if (params.stay || isNews) return now;
			return new Promise((resolve, reject) => {
				const one: Asking = {
					told(said) {
						if (!said.left && said.state === now.state) return;
						end();
						resolve(said);
					},
					failed(error) {
						end();
						reject(error);
					},
				};
				const abort = () => one.failed(signal.reason);
				const end = () => {
					asking.delete(one);
					signal.removeEventListener('abort', abort);
				};
				asking.add(one);
				signal.addEventListener('abort', abort);
				// Its node was stopped by an attempt that failed: no look at the queue leads here again.
				if (told !== undefined && !finishing) void finish(machine);
			});
		},
		/** What an earlier daemon began. */
		resume(machine: JoinedMachine): void {
			const kept = mode();
			if (kept === null) return;
			void machine.node
				.letGo(kept)
				.catch((error: unknown) => options.warn(errorMessage(error)))
				.finally(() => {
					limit();
					machine.node.wake();
				});
		},
		look,
		/** What runs here has changed. */
		limit,
	};
}

function shown({ id, title, state, held }: Job) {
	return { id, title, paused: held || state === 'paused' };
}
