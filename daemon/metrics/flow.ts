/** What is counted as it happens: jobs that come, start and end, commits, and answers to requests. */
import { JOB_STATES } from '../../shared/jobTerms.ts';
import { STATE } from '../queue/store/codes.ts';
import type { Effects, StateMove } from '../queue/store/tx.ts';
import type { Labels } from './labels.ts';
import type { Count, Registry } from './registry.ts';
import type { QueueTally, Tally } from './tally.ts';

/** Seconds. */
const BRIEF = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const LONG = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];
const ROWS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export interface Flow {
	committed(effects: Pick<Effects, 'moves' | 'runs' | 'retries'>): void;
	commitTook(ms: number, rows: number): void;
	answered(method: string, ms: number): void;
}

/** Of jobs of a queue and type. */
interface OfPair {
	readonly enqueued: Count;
	readonly started: Count;
	readonly waited: Count;
	readonly ran: Count;
	/** By code of state, and reason. */
	readonly ends: Map<string, Count>[];
	readonly pair: readonly [queue: string, type: string];
	readonly tally: QueueTally;
}

export function createFlow(registry: Registry, labels: Labels, tally: Tally): Flow {
	const enqueued = registry.counter(
		'semantica_jobs_enqueued_total',
		'Jobs that were enqueued since the daemon started.',
		['queue', 'type'],
	);
	const started = registry.counter('semantica_runs_started_total', 'Runs that were started.', [
		'queue',
		'type',
	]);
	const finished = registry.counter(
		'semantica_jobs_finished_total',
		'Jobs that have ended for good, by their end state and why they ended.',
		['queue', 'type', 'state', 'reason'],
	);
	const retries = registry.counter(
		'semantica_job_retries_total',
		'Failed runs after which the job is tried again.',
		['queue'],
	);
	const wait = registry.histogram(
		'semantica_job_wait_seconds',
		'From when a job was due (enqueued, its start time, the end of its backoff) to its start.',
		LONG,
		['queue'],
	);
	const run = registry.histogram('semantica_job_run_seconds', 'How long runs took.', LONG, [
		'queue',
		'type',
	]);
	const commit = registry.histogram(
		'semantica_commit_seconds',
		'How long groups of changes took to be on the disk.',
		BRIEF,
	)();
	const commitRows = registry.histogram(
		'semantica_commit_jobs',
		'Jobs and other changes that one group had.',
		ROWS,
	)();
	const request = registry.histogram(
		'semantica_request_seconds',
		'How long requests of clients took to be answered.',
		BRIEF,
		['method'],
	);

	const known = new Map<OfPair['pair'], OfPair>();
	/** What comes comes many times: to compare is cheaper than to hash what was just read. */
	let last: { readonly queue: string; readonly type: string; readonly of: OfPair } | undefined;

	function of(queue: string, type: string): OfPair {
		if (last?.queue !== queue || last.type !== type) {
			const pair = labels.pair(queue, type);
			let found = known.get(pair);
			if (found === undefined) {
				found = newOf(pair);
				known.set(pair, found);
			}
			last = { queue, type, of: found };
		}
		return last.of;
	}

	function newOf(pair: OfPair['pair']): OfPair {
		return {
			enqueued: enqueued(...pair),
			started: started(...pair),
			waited: wait(pair[0]),
			ran: run(...pair),
			ends: JOB_STATES.map(() => new Map<string, Count>()),
			pair,
			tally: tally.of(pair[0]),
		};
	}

	function end({ ends, pair, tally }: OfPair, state: number, reason: string, n: number): void {
		const byReason = ends[state] as Map<string, Count>;
		let count = byReason.get(reason);
		if (count === undefined) {
			count = finished(...pair, JOB_STATES[state] ?? 'unknown', reason);
			byReason.set(reason, count);
		}
		count(n);
		if (n > 0) tally.ended(state);
	}

	return {
		committed(effects) {
			const { moves } = effects;
			for (let i = 0; i < moves.length; i++) {
				const { queue, type, from, to, waitedMs, reason } = moves[i] as StateMove;
				if (from === null) {
					// Many come with one request.
					let n = 1;
					while (isSameEntry(moves[i], moves[i + 1])) {
						n++;
						i++;
					}
					const entered = of(queue, type);
					entered.enqueued(n);
					// A counter that begins at 1 never rises in the eyes of who looks for failures.
					end(entered, STATE.failed, 'exit', 0);
					end(entered, STATE.succeeded, 'exit', 0);
				} else if (waitedMs !== undefined) {
					const begun = of(queue, type);
					begun.started(1);
					begun.waited(waitedMs / 1000);
					begun.tally.started(waitedMs);
				} else if (reason !== undefined && to !== null) {
					end(of(queue, type), to, reason, 1);
				}
			}
			for (const { queue, type, ms } of effects.runs) {
				const over = of(queue, type);
				over.ran(ms / 1000);
				over.tally.ran(ms);
			}
			for (const queue of effects.retries) retries(labels.queue(queue))(1);
		},
		commitTook(ms, rows) {
			commit(ms / 1000);
			tally.committed(ms);
			commitRows(rows);
		},
		answered: (method, ms) => request(method)(ms / 1000),
	};
}

function isSameEntry(a: StateMove | undefined, b: StateMove | undefined): boolean {
	return b?.from === null && b.queue === a?.queue && b.type === a.type;
}
