/** `job/wait`: answered when jobs have ended or are ready, by the change feed; nobody asks twice, and nothing is polled. */
import { SemanticaError } from '../../shared/errors.ts';
import { isFinished, type JobState } from '../../shared/jobTerms.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { Scope } from '../queue/store/scope.ts';
import type { Feed } from '../queue/views/feed.ts';

export interface JobWaits {
	/**
	 * With a scope the jobs name none outside it.
	 * Rejects with NOT_FOUND, THROTTLED, or with what the signal was aborted with.
	 */
	wait(
		params: Params<'job/wait'>,
		signal: AbortSignal,
		scope?: () => Scope,
	): Promise<Result<'job/wait'>>;
}

export interface WaitDependencies {
	readonly jobs: Pick<
		JobRequests,
		'find' | 'standing' | 'standings' | 'readiness' | 'askedAt' | 'successor'
	>;
	readonly feed: Pick<Feed, 'onChanged'>;
	readonly clock: Pick<Clock, 'after' | 'monotonic'>;
}

/** Waited for by all together: some ten megabytes. */
const MAX_WAITED = 100_000;
/** One end may be what thousands wait for: their answers are made in steps, with other work in between. */
const STEP_MS = 8;

/** One of the jobs that were asked for. */
interface Awaited {
	readonly asked: string;
	/** The job itself, or the successor that stands for it. */
	id: string;
	/** Kept, since a job that has ended may be removed while others are waited for. */
	state: JobState;
	/** `missed`: it has come to its end, and what was waited for has not. */
	outcome: 'open' | 'reached' | 'missed';
	/** Epoch ms: a question that it asks after that ends the wait. */
	readonly asksAfter: number | undefined;
}

type Until = Params<'job/wait'>['until'];

interface Waiter {
	/** Undefined: it is not kept any more. */
	changed(id: string, state: JobState | undefined): void;
}

export function createJobWaits({ jobs, feed, clock }: WaitDependencies): JobWaits {
	const waiting = new Map<string, Set<Waiter>>();
	let waited = 0;
	const answers: (() => void)[] = [];

	feed.onChanged((ids) => {
		if (waiting.size === 0) return;
		for (const id of ids) {
			const here = waiting.get(id);
			if (here === undefined) continue;
			const state = jobs.standing(id)?.state;
			for (const waiter of [...here]) waiter.changed(id, state);
		}
	});

	function register(id: string, waiter: Waiter): void {
		const here = waiting.get(id) ?? new Set();
		waiting.set(id, here);
		if (here.has(waiter)) return;
		here.add(waiter);
		waited++;
	}

	function forget(id: string, waiter: Waiter): void {
		const here = waiting.get(id);
		if (here?.delete(waiter) !== true) return;
		waited--;
		if (here.size === 0) waiting.delete(id);
	}

	function inTurn(answer: () => void): void {
		if (answers.push(answer) === 1) setImmediate(step);
	}

	function step(): void {
		const end = clock.monotonic() + STEP_MS;
		while (answers.length > 0 && clock.monotonic() < end) answers.shift()?.();
		if (answers.length > 0) setImmediate(step);
	}

	return {
		async wait({ ids, asks = {}, ...params }, signal, scope) {
			const { mode, until, followRetries } = params;
			const asked = [...new Set(ids)];
			const standings = jobs.standings(asked);
			const each = asked.map((id, index): Awaited => {
				const state = standings[index]?.state ?? 'queued';
				const outcome = outcomeOf(id, state, until);
				return { asked: id, id, state, outcome, asksAfter: asks[id] };
			});
			if (until === 'ready') for (const { id } of each) assertCanBeReady(id, asked.indexOf(id));
			if (followRetries) for (const one of each) toSuccessor(one, until);
			const known = verdictOn(each, mode) ?? (each.some(asksNow) ? false : undefined);
			if (known !== undefined) return answerOf(each, known, scope?.());
			if (waited + each.length > MAX_WAITED) {
				throw new SemanticaError(
					'THROTTLED',
					`${waited.toLocaleString('en')} jobs are being waited for already. Wait for fewer, or use jobs/subscribe, which tells of all.`,
				);
			}
			return untilDecided(each, params, { signal, scope });
		},
	};

	function outcomeOf(id: string, state: JobState, until: Until): Awaited['outcome'] {
		if (until === 'ended') return isFinished(state) ? 'reached' : 'open';
		const readiness = jobs.readiness(id);
		if (readiness === 'ready') return 'reached';
		return readiness === 'waiting' ? 'open' : 'missed';
	}

	function asksNow({ id, outcome, asksAfter }: Awaited): boolean {
		if (asksAfter === undefined || outcome !== 'open') return false;
		return (jobs.askedAt(id) ?? 0) > asksAfter;
	}

	function assertCanBeReady(id: string, index: number): void {
		if (jobs.readiness(id) !== 'never') return;
		throw new SemanticaError(
			'VALIDATION',
			`Job ${id} has no "ready", so nobody can wait for it to be that. Wait until it has ended.`,
			{ path: `ids[${index}]`, id },
		);
	}

	function untilDecided(
		each: readonly Awaited[],
		{ mode, until, timeoutMs, followRetries }: Omit<Params<'job/wait'>, 'ids' | 'asks'>,
		{ signal, scope }: { readonly signal: AbortSignal; readonly scope: (() => Scope) | undefined },
	): Promise<Result<'job/wait'>> {
		return new Promise((resolve, reject) => {
			let timer: Timer | undefined;
			let over = false;
			const mine = new Set<string>();
			const listenTo = (id: string) => {
				mine.add(id);
				register(id, waiter);
			};
			/** @returns whether it was not over yet */
			const end = (): boolean => {
				if (over) return false;
				over = true;
				timer?.cancel();
				signal.removeEventListener('abort', abort);
				for (const id of mine) forget(id, waiter);
				return true;
			};
			const abort = () => {
				if (end()) reject(signal.reason);
			};
			const answer = (satisfied: boolean) => {
				if (end()) inTurn(() => resolve(answerOf(each, satisfied, scope?.())));
			};
			const waiter: Waiter = {
				changed(id, state) {
					let asking = false;
					for (const one of each) {
						if (one.id !== id && one.asked !== id) continue;
						if (one.id === id) {
							if (state !== undefined) {
								one.state = state;
								one.outcome = outcomeOf(id, state, until);
							} else if (one.outcome === 'open') {
								if (end()) reject(removed(one.id));
								return;
							}
						}
						if (one.outcome === 'open') {
							asking ||= asksNow(one);
							continue;
						}
						if (!followRetries) forget(id, waiter);
						else if (toSuccessor(one, until)) listenTo(one.id);
					}
					const known = verdictOn(each, mode);
					if (known !== undefined) answer(known);
					else if (asking) answer(false);
				},
			};
			for (const one of each) {
				// What is decided cannot open again, unless it is retried.
				if (followRetries || one.outcome === 'open') listenTo(one.asked);
				if (one.id !== one.asked) listenTo(one.id);
			}
			if (signal.aborted) return abort();
			signal.addEventListener('abort', abort);
			timer = clock.after(timeoutMs, () => answer(false));
		});
	}

	/** @returns whether another job stands for it now */
	function toSuccessor(one: Awaited, until: Until): boolean {
		const id = jobs.successor(one.id);
		const state = id === one.id ? undefined : jobs.standing(id)?.state;
		if (state === undefined) return false;
		one.id = id;
		one.state = state;
		one.outcome = outcomeOf(id, state, until);
		return true;
	}

	function answerOf(
		each: readonly Awaited[],
		satisfied: boolean,
		scope: Scope | undefined,
	): Result<'job/wait'> {
		const ids = new Set(each.map(({ id }) => id));
		const { jobs: kept, missing } = jobs.find(ids, Number.MAX_VALUE, scope);
		if (missing.length === 0) return { jobs: kept, satisfied };
		const gone = new Set(missing);
		const removed = each.filter(({ id }) => gone.has(id)).map(({ id, state }) => ({ id, state }));
		return { jobs: kept, satisfied, removed };
	}
}

/** Undefined: it is open yet. */
function verdictOn(each: readonly Awaited[], mode: 'any' | 'all'): boolean | undefined {
	const are = (wanted: Awaited['outcome']) => (one: Awaited) => one.outcome === wanted;
	if (mode === 'any') {
		if (each.some(are('reached'))) return true;
		return each.every(are('missed')) ? false : undefined;
	}
	if (each.some(are('missed'))) return false;
	return each.every(are('reached')) ? true : undefined;
}

function removed(id: string): SemanticaError {
	return new SemanticaError(
		'NOT_FOUND',
		`Job ${id} was removed while it was waited for, together with its end.`,
		{ path: 'ids', id },
	);
}
