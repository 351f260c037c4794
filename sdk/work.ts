/** A worker's side of the protocol: what was handed over, what runs, and what is still to be said of it. */
import { readFile } from 'node:fs/promises';
import { type DaemonConnection, isResponseError } from '../shared/client/connection.ts';
import { ERROR_CODES, errorMessage } from '../shared/errors.ts';
import { LIMITS } from '../shared/jobTerms.ts';
import type { ParamsInput } from '../shared/protocol/requests.ts';
import type { HandedRun, StopNotice } from '../shared/protocol/workers.ts';
import type { Client, Handler, WorkContext, WorkType } from './api.ts';

/** Too long a sentence would be refused with all that stands beside it. */
const ERROR_LENGTH = 1000;
/** Until what the daemon could not keep as begun is begun again. */
const AGAIN_MS = 1000;
/** The longest that `worker/finish` takes. */
const LONGEST_RETRY_MS = 30 * 86_400_000;

type End = ParamsInput<'worker/finish'>['results'][number];

export interface Work {
	/** Begins nothing more; resolves when what runs has ended and that is told. */
	drain(): Promise<void>;
	/** The connection has ended. */
	lost(): void;
}

export interface WorkDependencies {
	readonly types: ReadonlyMap<string, WorkType>;
	/** Speaks as the run that was given this token. */
	readonly connect: (token: string) => Promise<Client>;
	readonly failed: (error: unknown) => void;
}

class RetryLater extends Error {
	readonly afterMs: number;

	constructor(afterMs: number, why: string) {
		super(why);
		this.afterMs = afterMs;
	}
}

class GivenUp extends Error {}

/** What was said is refused as it stands, and would be again; not for what passes by itself. */
const isWrong = (error: unknown): boolean =>
	isResponseError(error) && !PASSING.includes(error.code);
const PASSING: readonly number[] = [
	ERROR_CODES.DRAINING,
	ERROR_CODES.STORE,
	ERROR_CODES.SYSTEM,
	ERROR_CODES.THROTTLED,
];

/** What a program computes is seldom whole, or within bounds. Where it is no number, the job's own rules say when. */
function retryAfter(ms: number, why: string): Error {
	const whole = Math.ceil(ms);
	if (Number.isNaN(whole)) return new Error(why);
	return new RetryLater(Math.min(LONGEST_RETRY_MS, Math.max(0, whole)), why);
}

const nameOf = ({ id, run }: Pick<HandedRun, 'id' | 'run'>): string => `${id}/${run}`;

/** Takes what this connection is handed. Nothing comes before it has registered. */
export function takeWork(connection: DaemonConnection, dependencies: WorkDependencies): Work {
	const { types, failed } = dependencies;
	const waiting: HandedRun[] = [];
	/** By id and run: another run of a job may be handed over before a handler that was told to stop has ended. */
	const active = new Map<string, AbortController>();
	const counts = new Map<string, number>();
	let ends: End[] = [];
	let telling = Promise.resolve();
	let [starting, draining, gone] = [false, false, false];
	const idle: (() => void)[] = [];

	connection.onNotification('worker/run', ({ runs }) => {
		waiting.push(...runs);
		void start();
	});
	connection.onNotification('worker/stop', stop);
	connection.onNotification('worker/ping', () => {
		connection.request('worker/alive', {}).catch(failed);
	});

	function stop({ id, run, cause }: StopNotice): void {
		const at = waiting.findIndex((handed) => handed.id === id && handed.run === run);
		if (at >= 0) waiting.splice(at, 1);
		active.get(nameOf({ id, run }))?.abort(new Error(`The run is to end: ${cause}.`));
	}

	/** Nothing that was handed over may begin any more. */
	function lost(): void {
		gone = true;
		waiting.length = 0;
		const reason = new Error('The connection to the Semantica daemon is gone.');
		for (const abort of active.values()) abort.abort(reason);
	}

	/** As many of those that wait as may run beside what runs. */
	function next(): HandedRun[] {
		const chosen: HandedRun[] = [];
		for (let i = 0; i < waiting.length && chosen.length < LIMITS.jobsPerRequest; ) {
			const run = waiting[i] as HandedRun;
			const count = counts.get(run.type) ?? 0;
			if (count >= (types.get(run.type)?.concurrency ?? 1)) i++;
			else {
				counts.set(run.type, count + 1);
				chosen.push(...waiting.splice(i, 1));
			}
		}
		return chosen;
	}

	async function start(): Promise<void> {
		if (starting || draining || gone) return;
		starting = true;
		try {
			for (let runs = next(); runs.length > 0; runs = draining || gone ? [] : next()) {
				for (const run of runs) active.set(nameOf(run), new AbortController());
				const tokens = await tokensOf(runs);
				for (const run of runs) {
					const token = tokens.get(nameOf(run));
					if (token === undefined) over(run);
					else void work(run, token);
				}
			}
		} finally {
			starting = false;
		}
	}

	/** Of those that may begin. */
	async function tokensOf(runs: readonly HandedRun[]): Promise<Map<string, string>> {
		const names = runs.map(({ id, run }) => ({ id, run }));
		while (!draining && !gone) {
			try {
				const begun = await connection.request('worker/started', { runs: names });
				return new Map(begun.runs.map((run) => [nameOf(run), run.token]));
			} catch (error) {
				if (!gone) failed(error);
				// For the daemon they are still handed over, and no others come in their place.
				if (isResponseError(error)) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
				else lost();
			}
		}
		return new Map();
	}

	function over(run: HandedRun): void {
		active.delete(nameOf(run));
		counts.set(run.type, (counts.get(run.type) ?? 1) - 1);
		if (active.size === 0) for (const resolve of idle.splice(0)) resolve();
	}

	async function work(run: HandedRun, token: string): Promise<void> {
		let client: Promise<Client> | undefined;
		const end = await endOf(run, () => {
			client ??= dependencies.connect(token);
			return client;
		});
		client?.then((open) => open.close()).catch(() => {});
		over(run);
		if (!gone) tell(end);
		void start();
	}

	async function endOf(handed: HandedRun, connect: () => Promise<Client>): Promise<End> {
		const { id, run, type } = handed;
		const name = { id, run };
		const signal = active.get(nameOf(handed))?.signal ?? AbortSignal.abort();
		try {
			const handler = types.get(type)?.handler as Handler;
			const result = await handler(await payloadOf(handed), contextOf(handed, signal, connect));
			return { ...name, outcome: 'succeeded', ...kept(result) };
		} catch (error) {
			if (error instanceof RetryLater) {
				return { ...name, outcome: 'retry', error: sentence(error), afterMs: error.afterMs };
			}
			// It ended because it was told to: why that was is known.
			if (signal.aborted) return { ...name, outcome: 'interrupted' };
			const final = error instanceof GivenUp ? { final: true } : {};
			return { ...name, outcome: 'failed', error: sentence(error), ...final };
		}
	}

	function contextOf(
		handed: HandedRun,
		signal: AbortSignal,
		connect: () => Promise<Client>,
	): WorkContext {
		const { id, run, attempt, type, deadlineAt } = handed;
		const say = (said: Promise<unknown>): void => {
			said.catch((error: unknown) => {
				if (!gone) failed(error);
			});
		};
		return {
			id,
			run,
			attempt,
			type,
			deadlineAt,
			signal,
			resumeFrom: handed.checkpoint,
			checkpoint(value) {
				// The schema takes any JSON.
				const checkpoint = value as null;
				const kept = connection
					.request('worker/checkpoint', { id, run, checkpoint })
					.then(() => undefined);
				say(kept);
				return kept;
			},
			log: (text) => say(connection.request('worker/log', { id, run, text })),
			progress: (progress) => say(connection.request('worker/progress', { id, run, progress })),
			enqueue: async (...jobs) => (await connect()).enqueue(...jobs),
			connect,
			retryAfter,
			giveUp: (why) => new GivenUp(why),
		};
	}

	// Those that end while one answer is awaited go together with the next request.
	function tell(end: End): void {
		ends.push(end);
		if (ends.length > 1) return;
		telling = telling.then(async () => {
			while (ends.length > 0 && !gone) {
				const results = ends.slice(0, LIMITS.jobsPerRequest);
				ends = ends.slice(results.length);
				await finish(results);
			}
		});
	}

	async function finish(results: End[]): Promise<void> {
		try {
			await connection.request('worker/finish', { results });
		} catch (error) {
			// One that is refused takes all beside it along.
			if (isWrong(error) && results.length > 1) {
				for (const end of results) await finish([end]);
				return;
			}
			failed(error);
			if (isWrong(error)) await finishRefused(results, sentence(error));
		}
	}

	/** Else the run would go on for the daemon, and hold its place. */
	async function finishRefused(results: readonly End[], error: string): Promise<void> {
		const ends = results.map(({ id, run }) => ({ id, run, outcome: 'failed' as const, error }));
		await connection.request('worker/finish', { results: ends }).catch(failed);
	}

	return {
		async drain() {
			draining = true;
			if (active.size > 0) await new Promise<void>((resolve) => idle.push(resolve));
			// The end of the last one is being said in this very turn.
			await Promise.resolve();
			await telling;
		},
		lost,
	};
}

async function payloadOf({ payload, payloadPath }: HandedRun): Promise<unknown> {
	return payloadPath === undefined ? payload : JSON.parse(await readFile(payloadPath, 'utf8'));
}

/** @throws Error where it is no JSON, or more than is kept. */
function kept(result: unknown): { result?: null } {
	if (result === undefined) return {};
	const text = JSON.stringify(result);
	if (text === undefined) throw new Error('What the handler returned is no JSON.');
	const bytes = Buffer.byteLength(text);
	if (bytes > LIMITS.resultBytes) {
		throw new Error(
			`What the handler returned has ${bytes} bytes as JSON; at most ${LIMITS.resultBytes} are kept as a result.`,
		);
	}
	// The schema takes any JSON.
	return { result: result as null };
}

const sentence = (error: unknown): string =>
	errorMessage(error).slice(0, ERROR_LENGTH) || 'The handler failed without a word.';
