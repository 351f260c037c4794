/** Keeping the data folder small and sound without stopping service (docs/design.md section 4). */
import { statSync } from 'node:fs';
import { errorMessage } from '../../shared/errors.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Feed } from '../queue/feed.ts';
import type { Upkeep } from '../queue/upkeep.ts';
import type { Maintenance } from './maintenance/run.ts';

/** Retention looks again after this many jobs have ended; an idle daemon has nothing to sweep. */
const SWEEP_EVERY_ENDED = 500;

export interface HousekeepingOptions {
	readonly upkeep: Upkeep;
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
	maintain(params: Params<'system/maintain'>): Promise<Result<'system/maintain'>>;
}

export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
	const { upkeep, feed, maintenance, log } = options;
	let endedSinceSweep = 0;
	let sweeping: Promise<number> | undefined;
	let maintaining: Promise<unknown> = Promise.resolve();

	feed.onEffects(({ ended, removed }) => {
		endedSinceSweep += ended.length;
		if (endedSinceSweep >= SWEEP_EVERY_ENDED) void sweep();
		for (const id of removed) {
			options.removeLog(id).catch((error: unknown) => {
				log(`The log of the removed job ${id} could not be deleted: ${errorMessage(error)}`);
			});
		}
	});

	function sweep(): Promise<number> {
		endedSinceSweep = 0;
		sweeping ??= upkeep
			.sweep(options.retention())
			.catch((error: unknown) => {
				log(`Old jobs could not be removed: ${errorMessage(error)}`);
				return 0;
			})
			.finally(() => {
				sweeping = undefined;
			});
		return sweeping;
	}

	async function check(): Promise<string> {
		const answer = await maintenance('check');
		if (answer.kind === 'done') return 'The database is sound.';
		if (answer.kind === 'failed') return `The database could not be checked: ${answer.problem}`;
		const sentence = `The job database is damaged: ${answer.problems.join('; ')}.`;
		options.damaged(sentence);
		return sentence;
	}

	async function vacuum(): Promise<string> {
		const before = statSync(options.databaseFile).size;
		const answer = await upkeep.whileSuspended(() => maintenance('vacuum'));
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
			void sweep();
			if (checkDatabase) void check().then(log);
		},
		maintain(params) {
			// One after the other: the database can be held back for one of them only.
			const mine = maintaining.then(() => maintainNow(params));
			maintaining = mine.catch(() => {});
			return mine;
		},
	};
}
