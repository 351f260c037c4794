/** What is held here for others: kept in step with what the server says of it, stopped in time, reported, given back. */
import { errorMessage } from '../../shared/errors.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import { type LeaseTime, marginOf } from './lease.ts';
import type { LeavingMode } from './leaving.ts';
import type { Held, Hello, Report, SharedQueue } from './port.ts';
import type { RunnerPauses } from './runnerPauses.ts';
import type { FleetTable, HeldRow } from './table.ts';

export interface HoldingOptions {
	readonly queue: SharedQueue;
	readonly table: FleetTable;
	readonly clock: Clock;
	readonly submit: <T>(work: () => T) => Promise<T>;
	/** Reports as interrupted what has begun and of which nothing is known here. */
	readonly lost: (held: Held, fleet: string) => Promise<void>;
	/** Ends the local job of a tenure as cancelled; false when there is none that could be. */
	readonly stop: (held: HeldRow) => Promise<boolean>;
	/** Whether somebody who may orders it to be cancelled. */
	readonly isCancelled: (held: Held) => boolean;
	readonly pauses: Pick<RunnerPauses, 'obey' | 'tell'>;
	readonly leaving: () => LeavingMode | null;
	readonly warn: (sentence: string) => void;
}

export interface HoldingParts {
	readonly time: LeaseTime;
	readonly hello: () => Hello | undefined;
}

/** Sent at once: they share a commit of the server's. */
const REPORTS = 32;

export type Holding = ReturnType<typeof createHolding>;

export function createHolding(options: HoldingOptions, { time, hello }: HoldingParts) {
	const { queue, table, clock, submit } = options;
	let fenceTimer: Timer | undefined;

	/** What the server says that is held here, against what is. */
	async function reconcile(said: readonly Held[]): Promise<void> {
		const here = new Map(table.held.all().map((row) => [row.lease, row]));
		const there = new Map(said.map((held) => [held.lease, held]));
		for (const row of here.values()) {
			const held = there.get(row.lease);
			if (held === undefined) {
				// Its report is refused, and then it is forgotten.
				if (row.state === null) await giveUp(row);
			} else if (row.state === null) {
				if (options.isCancelled(held)) await options.stop(row);
				else if ((await options.pauses.obey(row, held)) === 'giveBack') await giveUp(row);
			}
		}
		for (const held of said) {
			if (here.has(held.lease)) continue;
			// Leased by a life that did not come to queueing it.
			const back = await queue.giveBack(held);
			const fleet = hello()?.fleet;
			if (!back && fleet !== undefined) await options.lost(held, fleet);
		}
	}

	async function giveUp(row: HeldRow): Promise<void> {
		if (row.given_up === 0) await submit(() => table.held.givenUp(row.lease));
		await options.stop(row);
	}

	/** Runs that somebody else may start soon are stopped; what must not run twice goes on, for nobody else will run it. */
	async function fence(): Promise<void> {
		const left = time.left();
		for (const row of table.held.all()) {
			if (row.state !== null || row.restartable === 0 || row.given_up === 1) continue;
			if (left <= marginOf(row.grace_ms, time.leaseMs)) await giveUp(row);
		}
	}

	function arm(): void {
		disarm();
		const margins = table.held
			.all()
			.filter((row) => row.state === null && row.restartable === 1 && row.given_up === 0)
			.map((row) => marginOf(row.grace_ms, time.leaseMs));
		if (margins.length === 0) return;
		const untilFirst = Math.max(0, time.left() - Math.max(...margins));
		fenceTimer = clock.after(Math.min(untilFirst + 5, 2 ** 31 - 1), () => {
			void fence()
				.catch((error: unknown) => options.warn(errorMessage(error)))
				.finally(arm);
		});
	}

	function disarm(): void {
		fenceTimer?.cancel();
		fenceTimer = undefined;
	}

	async function report(): Promise<void> {
		await options.pauses.tell(table.held.all());
		const ended: HeldRow[] = [];
		for (const row of table.held.all()) {
			if (row.state === null) await returnUnstarted(row);
			else if (row.given_up === 0) ended.push(row);
			else {
				await queue.giveBack(row);
				await submit(() => table.held.drop(row.lease));
			}
		}
		// Each may bring 64 KiB of its log.
		for (let at = 0; at < ended.length; at += REPORTS) {
			const some = ended.slice(at, at + REPORTS);
			await queue.finishMany(some.map(reportOf));
			// Accepted, known already, or of no interest to anybody any more.
			await submit(() => {
				for (const { lease } of some) table.held.drop(lease);
			});
		}
	}

	async function returnUnstarted(row: HeldRow): Promise<void> {
		if (row.begun === 1 || row.given_up === 1) return;
		// Nothing is hoarded.
		const isLate = clock.now() - row.taken_at > time.leaseMs;
		if (isLate || options.leaving() !== null) await giveUp(row);
	}

	/** For whoever leaves: what has not begun goes back; with `now` what runs is stopped, and goes back where it may. */
	async function letGo(mode: LeavingMode): Promise<void> {
		for (const row of table.held.all()) {
			if (row.state !== null || row.given_up === 1) continue;
			if (row.begun === 0 || (mode === 'now' && row.restartable === 1)) await giveUp(row);
			else if (mode === 'now') await options.stop(row);
		}
	}

	return { reconcile, fence, arm, disarm, report, letGo };
}

function reportOf({ id, lease, state, report, signature, tail }: HeldRow): Report {
	const text = (bytes: Buffer | null) => bytes?.toString('base64') ?? '';
	return {
		id,
		lease,
		state: state ?? 0,
		report: text(report),
		signature: text(signature),
		tail: text(tail),
	};
}
