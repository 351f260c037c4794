/** The client for programs: jobs from them, and functions of theirs as jobs. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DaemonConnection } from '../shared/client/connection.ts';
import { followLog } from '../shared/client/followLog.ts';
import type { LogChunk } from '../shared/protocol/logs.ts';
import type { ParamsInput } from '../shared/protocol/requests.ts';
import type { Client, Handler, Job, JobInput, Worker, WorkOptions, WorkType } from './api.ts';
import { isStopped, openConnection, type Reach } from './connect.ts';
import { takeWork } from './work.ts';

/** Between tries to reach a daemon again. */
const AGAIN_MS = { first: 200, most: 10_000 };

/** @throws an Error with a sentence where no daemon can be reached or started. */
export async function openClient(reach: Reach): Promise<Client> {
	const connection = await openConnection(reach);
	return {
		closed: connection.closed,
		close: () => connection.dispose(),
		enqueue: (...jobs) => enqueueOver(connection, jobs),
		get: async (id) => (await connection.request('job/get', { id })).job,
		wait: (ids, { signal, ...how } = {}) =>
			connection.request('job/wait', { ids: [...ids], ...how }, signal),
		list: (filter = {}) => listed(connection, filter as ParamsInput<'job/list'>['filter']),
		logs: (id) => logOf(reach, id),
		async cancel(...ids) {
			await connection.request('job/cancel', { ids });
		},
		async schedule({ spec, ...how }) {
			const whole = { ...how, spec: { type: 'command', ...spec } } as unknown;
			await connection.request('schedule/put', whole as ParamsInput<'schedule/put'>);
		},
		work: (types, options = {}) => startWorker(reach, types, options),
	};
}

async function enqueueOver(
	connection: DaemonConnection,
	jobs: readonly JobInput[],
): Promise<string[]> {
	// The daemon's own schema judges what a program wrote.
	const typed = jobs.map((job) => ({ type: 'command', ...job })) as unknown;
	const answer = await connection.request('job/enqueue', {
		jobs: typed as ParamsInput<'job/enqueue'>['jobs'],
	});
	return answer.jobs.map(({ id }) => id);
}

async function* listed(
	connection: DaemonConnection,
	filter: ParamsInput<'job/list'>['filter'],
): AsyncGenerator<Job> {
	let cursor: string | null | undefined;
	do {
		const page = await connection.request('job/list', {
			filter,
			limit: 200,
			...(cursor == null ? {} : { cursor }),
		});
		yield* page.jobs;
		cursor = page.nextCursor;
	} while (cursor !== null);
}

/** Over a connection of its own: whoever reads slowly holds nobody else up. */
async function* logOf(reach: Reach, id: string): AsyncGenerator<string> {
	const connection = await openConnection(reach);
	const ready: { readonly text: string; readonly taken: () => void }[] = [];
	let outcome: { readonly error?: unknown } | undefined;
	let wake = () => {};
	const sink = ({ text }: LogChunk) =>
		new Promise<void>((taken) => {
			ready.push({ text, taken });
			wake();
		});
	const end = (how: { readonly error?: unknown }) => {
		outcome = how;
		wake();
	};
	followLog(connection, id, 0, sink, { encoding: 'utf8' }).then(
		() => end({}),
		(error: unknown) => end({ error }),
	);
	try {
		for (;;) {
			const next = ready.shift();
			if (next !== undefined) {
				if (next.text !== '') yield next.text;
				next.taken();
			} else if (outcome === undefined) {
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			} else if ('error' in outcome) throw outcome.error;
			else return;
		}
	} finally {
		connection.dispose();
	}
}

/** A worker has a connection of its own: its end is the end of the lease. */
async function startWorker(
	reach: Reach,
	given: Readonly<Record<string, Handler | WorkType>>,
	{ name = 'worker', prefetch, onError = () => {} }: WorkOptions,
): Promise<Worker> {
	const types = new Map(
		Object.entries(given).map(([type, of]) => [
			type,
			typeof of === 'function' ? { handler: of } : of,
		]),
	);
	const registration = {
		name,
		...(prefetch === undefined ? {} : { prefetch }),
		types: [...types].map(([type, { handler: _, ...defaults }]) => ({ type, ...defaults })),
	};
	let stopped = false;

	async function register() {
		const connection = await openConnection(reach);
		const work = takeWork(connection, {
			types,
			failed: onError,
			connect: (token) => openClient({ ...reach, token }),
		});
		try {
			await connection.request('worker/register', registration);
		} catch (error) {
			connection.dispose();
			throw error;
		}
		void connection.closed.then(() => {
			work.lost();
			if (!stopped) void again();
		});
		return { connection, work };
	}

	async function again(): Promise<void> {
		for (let wait = AGAIN_MS.first; !stopped; wait = Math.min(2 * wait, AGAIN_MS.most)) {
			if (isStopped(reach)) {
				await delay(wait);
				continue;
			}
			try {
				current = await register();
				if (stopped) current.connection.dispose();
				return;
			} catch (error) {
				onError(error);
				await delay(wait);
			}
		}
	}

	let current = await register();
	return {
		async stop() {
			stopped = true;
			await current.work.drain();
			current.connection.dispose();
		},
	};
}
