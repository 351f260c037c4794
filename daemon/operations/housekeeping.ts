/** Keeping the data folder small and sound without stopping service (docs/design.md section 4). */
import { statSync } from 'node:fs';
import { errorMessage } from '../../shared/errors.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { Upkeep } from '../queue/upkeep.ts';
import type { Feed } from '../queue/views/feed.ts';
import type { Maintenance } from './maintenance/run.ts';

/** Retention looks again at once after this many jobs have ended; an idle daemon has nothing to sweep. */
const SWEEP_EVERY_ENDED = 500;
/** Endings that come together are dealt with together. */
const SWEEP_SOON_MS = 1000;
/** So long after a removal, pages that are free go back to the disk. */
const SHRINK_AFTER_MS = 1000;
/** Age is looked at no later than this after a job has ended. */
const SWEEP_AT_THE_LATEST_MS = 3_600_000;

/** Jobs that start need the disk too, and not behind thousands of logs. */
const LOGS_AT_ONCE = 2;

export interface HousekeepingOptions {
	readonly upkeep: Upkeep;
	readonly clock: Clock;
	readonly feed: Feed;
	readonly maintenance: Maintenance;
	readonly databaseFile: string;
	readonly retention: () => { readonly maxAgeMs: number; readonly maxFinished: number };
	readonly removeLog: (id: string) => Promise<void>;
	readonly log: (sentence: string) => void;
	/** The database is damaged: it must be set aside, which only a new start can do. */
	readonly damaged: (sentence: string) => void;
}

export interface Housekeeping {
	/** After the start; `checkDatabase` when the last daemon did not end cleanly. */
	begin(checkDatabase: boolean): void;
	/** How long and how many jobs are kept may be different. */
	settingsChanged(): void;
	maintain(params: Params<'system/maintain'>): Promise<Result<'system/maintain'>>;
}

export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
	const { upkeep, clock, feed, maintenance, log } = options;
	const logsToRemove = new Set<string>();
	let removingLogs = 0;
	let endedSinceSweep = 0;
	let lastEnded = Number.NEGATIVE_INFINITY;
	let sweepTimer: Timer | undefined;
	let shrinkDue = false;
	let sweepAt = Number.POSITIVE_INFINITY;
	let sweeping: Promise<number> = Promise.resolve(0);
	let maintaining: Promise<unknown> = Promise.resolve();

	feed.onEffects(({ ended, removed }) => {
		if (ended.length > 0) {
			endedSinceSweep += ended.length;
			lastEnded = clock.monotonic();
			if (endedSinceSweep >= SWEEP_EVERY_ENDED) void sweep();
			else sweepWhenDue();
		}
		if (removed.length > 0) shrinkLater();
		for (const id of removed) logsToRemove.add(id);
		removeLogs();
	});

	function removeLogs(): void {
		for (const id of logsToRemove) {
			if (removingLogs === LOGS_AT_ONCE) return;
			logsToRemove.delete(id);
			removingLogs++;
			void options
				.removeLog(id)
				.catch((error: unknown) => {
					log(`The log of the removed job ${id} could not be deleted: ${errorMessage(error)}`);
				})
				.finally(() => {
					removingLogs--;
					removeLogs();
				});
		}
	}

	// Only an ending brings something to sweep: one look when the last of them is too old is enough.
	function sweepWhenDue(): void {
		const { maxAgeMs, maxFinished } = options.retention();
		const now = clock.monotonic();
		const at =
			upkeep.finished() > maxFinished && endedSinceSweep > 0
				? now + SWEEP_SOON_MS
				: lastEnded + Math.min(maxAgeMs, SWEEP_AT_THE_LATEST_MS) + SWEEP_SOON_MS;
		if (at < now || at >= sweepAt) return;
		sweepTimer?.cancel();
		sweepAt = at;
		sweepTimer = clock.after(at - now, () => void sweep());
	}

	function sweep(): Promise<number> {
		sweepTimer?.cancel();
		sweepAt = Number.POSITIVE_INFINITY;
		endedSinceSweep = 0;
		sweeping = sweeping.then(sweepNow);
		return sweeping;
	}

	async function sweepNow(): Promise<number> {
		try {
			return await upkeep.sweep(options.retention());
		} catch (error) {
			log(`Old jobs could not be removed: ${errorMessage(error)}`);
			return 0;
		} finally {
			sweepWhenDue();
		}
	}

	// Many removals come one after the other; what few of them leave the next jobs take.
	function shrinkLater(): void {
		if (shrinkDue) return;
		shrinkDue = true;
		clock.after(SHRINK_AFTER_MS, () => {
			shrinkDue = false;
			if (!upkeep.shrinkable()) return;
			maintaining = maintaining.then(upkeep.shrink).catch((error: unknown) => {
				log(`Free pages could not be given back to the disk: ${errorMessage(error)}`);
			});
		});
	}

	async function check(): Promise<string> {
		const answer = await maintenance('check');
		if (answer.kind === 'done') return 'The database is sound.';
		if (answer.kind === 'stopped') return 'The database was not checked to its end.';
		if (answer.kind === 'failed') return `The database could not be checked: ${answer.problem}`;
		const sentence = `The job database is damaged: ${answer.problems.join('; ')}.`;
		options.damaged(sentence);
		return sentence;
	}

	async function vacuum(): Promise<string> {
		const before = statSync(options.databaseFile).size;
		const answer = await upkeep.whileSuspended((giveBack) => maintenance('vacuum', giveBack));
		if (answer.kind === 'stopped') {
			return 'The database was not rewritten: something had to be stopped meanwhile, which could not wait. Try again when less is going on.';
		}
		if (answer.kind !== 'done') {
			const why = answer.kind === 'failed' ? answer.problem : answer.problems.join('; ');
			return `The database could not be rewritten: ${why}`;
		}
		const after = statSync(options.databaseFile).size;
		return `Rewrote the database: ${before} bytes before, ${after} after.`;
	}

	async function maintainNow({
		vacuum: rewrite,
	}: Params<'system/maintain'>): Promise<Result<'system/maintain'>> {
		const removed = await sweep();
		const report = [`Removed ${removed} finished jobs that were past their keeping time.`];
		const freed = await upkeep.shrink();
		report.push(`Gave ${freed} free pages of the database back to the disk.`);
		report.push(await check());
		if (rewrite) report.push(await vacuum());
		return { report };
	}

	return {
		begin(checkDatabase) {
			// Those that ended just before are due after this start.
			lastEnded = clock.monotonic();
			void sweep();
			if (checkDatabase) void check().then(log);
		},
		settingsChanged: () => void sweep(),
		maintain(params) {
			// One after the other: the database can be held back for one of them only.
			const mine = maintaining.then(() => maintainNow(params));
			maintaining = mine.catch(() => {});
			return mine;
		},
	};
}
