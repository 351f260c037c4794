/** What `top` learns from one connection: by the change feed, and by questions that follow its changes. */
import { type DaemonConnection, isResponseError } from '../../../shared/client/connection.ts';
import { RPC_CODES } from '../../../shared/errors.ts';
import type { Job } from '../../../shared/job.ts';
import type { JobsChanged } from '../../../shared/protocol/jobs.ts';
import { type TopModel, withChanges, withSnapshot, withStats } from './model.ts';
import { ratesOf } from './rates.ts';
import { waitingFilter } from './rows.ts';

/** Answers of the daemon are as old as this at the most while something changes. */
const ASK_EVERY_MS = 1000;
/** After the last change it is asked until nothing moves any more. */
const SETTLE_MS = 3000;
const WAITING = 100;
const QUEUES = 50;
/** What waits is asked why: only what is seen, and not much at once. */
const EXPLAINED = 40;

export interface TopFeed {
	/** What is seen, or chosen, is another. */
	lookAgain(): void;
}

export interface FeedDependencies {
	readonly connection: DaemonConnection;
	/** Sets the model to what this makes of it. */
	readonly change: (how: (model: TopModel) => TopModel) => void;
	readonly model: () => TopModel;
	readonly filter: () => string;
	/** Those that are seen, in their order. */
	readonly seen: () => readonly Job[];
	readonly fail: (error: unknown) => void;
}

export async function followDaemon(dependencies: FeedDependencies): Promise<TopFeed> {
	const { connection, change, fail } = dependencies;
	let instance: string | undefined;
	let seq = 0;
	let timer: NodeJS.Timeout | undefined;
	let askedAt = Number.NEGATIVE_INFINITY;
	let asking = false;
	let again = false;

	async function subscribe(): Promise<void> {
		const snapshot = await connection.request('jobs/subscribe', {});
		({ instance, seq } = snapshot);
		change((model) => ({ ...withSnapshot(model, snapshot.jobs), ...told(snapshot) }));
	}

	connection.onNotification('jobs/changed', (changed) => {
		const expected = changed.instance === instance && changed.seq === seq + 1;
		seq = changed.seq;
		if ('resync' in changed || !expected) subscribe().catch(fail);
		else
			change((model) => ({
				...withChanges(model, changed.jobs, changed.removed),
				...told(changed),
			}));
		askSoon(0);
	});
	void connection.closed.then(() => clearTimeout(timer));

	function askSoon(ms: number): void {
		if (asking) {
			again = true;
			return;
		}
		clearTimeout(timer);
		timer = setTimeout(
			() => void ask().catch(fail),
			Math.max(ms, askedAt + ASK_EVERY_MS - performance.now()),
		);
	}

	async function ask(): Promise<void> {
		asking = true;
		again = false;
		askedAt = performance.now();
		try {
			await askOnce(dependencies);
		} finally {
			asking = false;
		}
		if (again) askSoon(0);
		else if (moves(dependencies.model())) askSoon(SETTLE_MS);
	}

	await subscribe();
	await ask();
	// A first pair of samples, so that speeds are known at once.
	askSoon(ASK_EVERY_MS);
	return { lookAgain: () => askSoon(0) };
}

function told({ counts, draining }: Pick<JobsChanged, 'counts' | 'draining'>) {
	const note =
		draining === undefined ? undefined : `The daemon is being asked to leave: ${draining.reason}.`;
	return { counts, note };
}

function moves(model: TopModel): boolean {
	const rates = ratesOf(model.samples);
	return rates !== undefined && (rates.endedPerSecond > 0 || rates.enqueuedPerSecond > 0);
}

/** Numbers, those that wait, and why those that are seen do. */
export async function askOnce(
	dependencies: Omit<FeedDependencies, 'fail' | 'model'>,
): Promise<void> {
	const { connection, change } = dependencies;
	const filter = waitingFilter(dependencies.filter());
	const [stats, urgent, oldest] = await Promise.all([
		askStats(connection),
		connection.request('job/list', { filter, sort: '-priority', limit: WAITING }),
		connection.request('job/list', { filter, sort: 'createdAt', limit: WAITING }),
	]);
	const waiting = inTurn([...oldest.jobs, ...urgent.jobs]);
	change((model) => ({
		...(stats === undefined ? { ...model, older: true } : withStats(model, stats)),
		waiting,
	}));
	const queued = dependencies
		.seen()
		.filter(({ state }) => state === 'queued')
		.slice(0, EXPLAINED);
	const reasons = await Promise.all(queued.map(({ id }) => explain(connection, id)));
	// Those of jobs that are out of sight stay until they do not wait any more.
	change((model) => {
		const waits = new Set(model.waiting.map(({ id }) => id));
		const known = [...model.reasons].filter(([id]) => waits.has(id));
		return { ...model, reasons: new Map([...known, ...reasons]) };
	});
}

/** About as they will start. */
function inTurn(jobs: readonly Job[]): Job[] {
	const unique = new Map(jobs.map((job) => [job.id, job]));
	return [...unique.values()].sort(
		(a, b) => b.priority - a.priority || a.generation - b.generation,
	);
}

async function askStats(connection: DaemonConnection) {
	try {
		return await connection.request('stats/now', { queues: QUEUES });
	} catch (error) {
		if (isResponseError(error) && error.code === RPC_CODES.methodNotFound) return undefined;
		throw error;
	}
}

async function explain(connection: DaemonConnection, id: string): Promise<[string, string]> {
	try {
		const { reasons } = await connection.request('job/explain', { id });
		return [id, reasons[0]?.message ?? ''];
	} catch (error) {
		// Gone meanwhile.
		if (isResponseError(error)) return [id, ''];
		throw error;
	}
}
