/** Waiting for jobs to end or to be ready: as many as one likes, longer than one request waits, on the next daemon too. */
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job } from '../../../shared/job.ts';
import { isFinished, type JobState } from '../../../shared/jobTerms.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import type { DaemonAccess } from '../connect.ts';
import { reconnect } from './reconnect.ts';

type Waited = Result<'job/wait'>;
type Ask = Pick<Params<'job/wait'>, 'mode' | 'until' | 'followRetries'>;

/** A job that has ended, or what is known of one that was removed since. */
export type Ended = Job | { readonly id: string; readonly state: JobState };

export interface EndsOptions {
	readonly any: boolean;
	readonly until: Ask['until'];
	readonly followRetries: boolean;
	/** Milliseconds. */
	readonly timeout: number;
	/** As they end, where retries are not followed; those of the answer have all been told. */
	readonly told: (job: Ended) => void;
	/** The daemon has ended and runs again. */
	readonly again: () => void;
}

/** What one request takes. */
const MOST_IDS = 100;
const LONGEST_MS = 3_600_000;

export interface Ends {
	/** Takes over the connection. */
	wait(ids: readonly string[]): Promise<Waited>;
	dispose(): void;
}

export function createEnds(
	access: DaemonAccess,
	first: DaemonConnection,
	{ any, until, followRetries, timeout, told, again }: EndsOptions,
): Ends {
	let connection = first;
	let disposed = false;
	const end = performance.now() + timeout;
	const known = new Set<string>();

	function isOver(job: Ended): boolean {
		const isReady = until === 'ready' && 'readyAt' in job && job.readyAt !== null;
		return isReady || isFinished(job.state);
	}

	function tell({ jobs, removed = [] }: Waited): void {
		for (const job of [...jobs, ...removed]) {
			if (!isOver(job) || known.has(job.id)) continue;
			known.add(job.id);
			told(job);
		}
	}

	/** The answer of one daemon or of those that follow it, over as many requests as the time takes. */
	async function ask(ids: readonly string[], how: Ask): Promise<Waited> {
		for (;;) {
			const left = Math.max(0, Math.ceil(end - performance.now()));
			const timeoutMs = Math.min(left, LONGEST_MS);
			const asked = { ids: [...ids], ...how, timeoutMs };
			const over = connection;
			try {
				const answer = await over.request('job/wait', asked);
				const missed = until === 'ready' && answer.jobs.some(({ state }) => isFinished(state));
				if (answer.satisfied || missed || timeoutMs === left) return answer;
			} catch (error) {
				if (disposed || !(error instanceof ConnectionClosed)) throw error;
				await goOn(over, ids[0] ?? '');
			}
		}
	}

	let coming: Promise<void> | undefined;
	/** Several requests may learn at once that their daemon has ended. */
	function goOn(ended: DaemonConnection, id: string): Promise<void> {
		if (ended !== connection) return Promise.resolve();
		coming ??= (async () => {
			ended.dispose();
			connection = await reconnect(access, id, ended.server, {
				withinMs: Math.max(0, end - performance.now()),
				isOver: () => disposed,
			});
			if (disposed) connection.dispose();
			else again();
		})().finally(() => {
			coming = undefined;
		});
		return coming;
	}

	/** Those of one request, told as they end. */
	async function all(ids: readonly string[]): Promise<Waited> {
		// One that ends before it was ready is to be known at once.
		if (followRetries || until === 'ready') return ask(ids, { mode: 'all', until, followRetries });
		let open = ids;
		const ended: Waited[] = [];
		for (;;) {
			const answer = await ask(open, { mode: 'any', until, followRetries });
			tell(answer);
			const still = new Set(answer.jobs.filter((job) => !isOver(job)).map(({ id }) => id));
			ended.push({ ...answer, jobs: answer.jobs.filter(({ id }) => !still.has(id)) });
			open = open.filter((id) => still.has(id));
			if (open.length === 0) return inOrder(ids, joined(ended));
			if (!answer.satisfied) return inOrder(ids, joined([...ended, answer]));
		}
	}

	return {
		async wait(ids) {
			const parts: string[][] = [];
			for (let at = 0; at < ids.length; at += MOST_IDS) parts.push(ids.slice(at, at + MOST_IDS));
			if (any) {
				// What the others still wait for ends with the connection.
				const asked = parts.map((part) => ask(part, { mode: 'any', until, followRetries }));
				const answer = await Promise.race(asked);
				tell(answer);
				return answer;
			}
			const answers: Waited[] = [];
			for (const part of parts) answers.push(await all(part));
			const answer = joined(answers);
			tell(answer);
			return answer;
		},
		dispose() {
			disposed = true;
			connection.dispose();
		},
	};
}

function joined(answers: readonly Waited[]): Waited {
	const removed = answers.flatMap((answer) => answer.removed ?? []);
	const jobs = answers.flatMap((answer) => answer.jobs);
	const satisfied = answers.every((answer) => answer.satisfied);
	return { jobs, satisfied, ...(removed.length === 0 ? {} : { removed }) };
}

function inOrder(ids: readonly string[], answer: Waited): Waited {
	const byId = new Map(answer.jobs.map((job) => [job.id, job]));
	return { ...answer, jobs: ids.flatMap((id) => byId.get(id) ?? []) };
}
