/** What is not well, and what to do about it: in one place, since alerts and `doctor` are to say the same. */
import { STATE } from '../queue/store/codes.ts';
import type { EndedJobs } from '../queue/views/ended.ts';
import type { Figures } from '../queue/views/figures.ts';
import { sizeOf } from './measure.ts';
import { fourthLastStart } from './recovery.ts';
import type { Signs } from './tally.ts';

/** By the name of the alert in media/monitoring/rules.yml. */
export const CONDITIONS = {
	OrphansFound:
		'Processes of jobs had outlived their daemon and were ended at its next start. See "semantica doctor" for how many; if it happens again, look in daemon.log for why the daemon died.',
	DatabaseLarge:
		'The job database is larger than 1 GB. Keep fewer finished jobs (settings "retentionCount" and "retentionMs"), then run: semantica maintain --vacuum',
	QueueStuck:
		'A job has been ready for more than 10 minutes and nothing of its queue has started. Ask why: semantica explain ID; then raise the limit of the queue, or cancel what does not end.',
	JobsFailing:
		'More than half of the jobs that ended in 30 minutes have failed. See which and why: semantica list --state failed; semantica logs ID',
	PoisonJob:
		'A job was given up because the daemon died too often while it ran. Find it with semantica list --state failed, and look at what it does to the machine (memory, as a rule) before you retry it.',
	WalGrows:
		'The write-ahead log of the job database is larger than 250 MB: another program reads jobs.db without an end, or the disk is slow. End what has it open, then run: semantica maintain',
	PayloadQuota:
		'Payload files take more than 90 % of what they may. Remove finished jobs (semantica maintain, setting "retentionCount") or raise the setting "payloadQuotaBytes".',
	SlowCommit:
		'One commit in a hundred takes more than half a second. The disk is slow or busy: move the data folder (SEMANTICA_HOME) to a faster one, or set "durability" to "normal".',
	Restarts:
		'The daemon has started more than three times in 15 minutes. Look in daemon.log for what ends it.',
} as const;

interface Check {
	readonly name: string;
	readonly run: () => Promise<readonly { readonly ok: boolean; readonly message: string }[]>;
}

export interface HealthSources {
	readonly figures: Pick<Figures, 'lasting' | 'queues' | 'oldestReady'>;
	readonly ended: Pick<EndedJobs, 'page'>;
	readonly signs: Signs;
	readonly now: () => number;
	readonly databaseFile: string;
	readonly payloads: { readonly storedBytes: () => number; readonly quotaBytes: () => number };
}

const MINUTE_MS = 60_000;
const LARGE_BYTES = 1e9;
const LARGE_WAL_BYTES = 250e6;
const MUCH = 0.9;
const STUCK_MS = 10 * MINUTE_MS;
const FAILING_MS = 30 * MINUTE_MS;
const ENOUGH_ENDED = 5;
const SLOW_COMMIT_MS = 500;
/** Of jobs that ended; who has more of them in half an hour is judged by the last ones. */
const PAGE = 500;
const PAGES = 20;

/** These conditions as a moment shows them: the alerts say them of what Prometheus has seen. */
export function healthCheck(sources: HealthSources): Check {
	const { figures, ended, signs, now, databaseFile, payloads } = sources;

	function within(ms: number, at: number | undefined): boolean {
		// Either way: what was noted by a clock that was wrong is not said until then.
		return at !== undefined && Math.abs(now() - at) < ms;
	}

	function isStuck(queue: string): boolean {
		const since = figures.oldestReady(queue);
		return since !== undefined && now() - since > STUCK_MS && signs.quietMs(queue) > STUCK_MS;
	}

	async function failing(): Promise<string[]> {
		const queues = new Map<string, { ended: number; failed: number }>();
		const from = now() - FAILING_MS;
		let place: Parameters<EndedJobs['page']>[0] = { at: now() + 1, generation: 0 };
		for (let page = 0; page < PAGES; page++) {
			const jobs = ended.page(place, from, PAGE);
			for (const { queue, state } of jobs) {
				const counts = queues.get(queue) ?? { ended: 0, failed: 0 };
				counts.ended++;
				if (state === STATE.failed) counts.failed++;
				queues.set(queue, counts);
			}
			const last = jobs.at(-1);
			if (last === undefined || jobs.length < PAGE) break;
			place = last;
			await new Promise<void>((resolve) => setImmediate(resolve));
		}
		return [...queues]
			.filter(([, of]) => of.ended >= ENOUGH_ENDED && of.failed / of.ended > 0.5)
			.map(([queue]) => queue);
	}

	return {
		name: 'health',
		async run() {
			const lasting = figures.lasting();
			const quota = payloads.quotaBytes();
			const holds: Record<keyof typeof CONDITIONS, boolean | readonly string[]> = {
				OrphansFound: within(15 * MINUTE_MS, lasting.get('orphans_last_found')),
				DatabaseLarge: sizeOf(databaseFile) > LARGE_BYTES,
				QueueStuck: [...figures.queues()].filter(isStuck),
				JobsFailing: await failing(),
				PoisonJob: within(60 * MINUTE_MS, lasting.get('poison_last')),
				WalGrows: sizeOf(`${databaseFile}-wal`) > LARGE_WAL_BYTES,
				PayloadQuota: quota > 0 && payloads.storedBytes() / quota > MUCH,
				SlowCommit: (signs.slowCommitMs() ?? 0) > SLOW_COMMIT_MS,
				Restarts: within(15 * MINUTE_MS, fourthLastStart(lasting)),
			};
			const found = (Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[]).flatMap((name) => {
				const held = holds[name];
				if (typeof held === 'boolean') return held ? [CONDITIONS[name]] : [];
				return held.length > 0 ? [`${CONDITIONS[name]} Queue: ${namesOf(held)}.`] : [];
			});
			if (found.length > 0) return found.map((message) => ({ ok: false, message }));
			return [{ ok: true, message: 'Nothing that an alert would be given for.' }];
		},
	};
}

const TOLD_NAMES = 5;

function namesOf(queues: readonly string[]): string {
	const more = queues.length - TOLD_NAMES;
	const told = queues.slice(0, TOLD_NAMES).join(', ');
	return more > 0 ? `${told} and ${more} more` : told;
}
