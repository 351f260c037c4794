/** The request table of the daemon: each method and who answers it. What is absent answers −32601. */
import { SemanticaError } from '../../shared/errors.ts';
import type { Targets } from '../../shared/protocol/jobs.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { sparesBattery } from '../queue/conditions.ts';
import type { JobHandlers } from '../queue/handlers.ts';
import type { PayloadStore } from '../queue/payloadStore.ts';
import { canonicalFolder, prepareJobs } from '../queue/prepare.ts';
import { subscribeToJobs } from './jobsSubscription.ts';
import { followLog, type LogDependencies, readLog } from './logFollow.ts';
import type { Handlers, Session } from './session.ts';

/** What the indexing room offers to clients. */
export interface IndexRequests {
	status(params: Params<'index/status'>): Promise<Result<'index/status'>>;
	search(params: Params<'index/search'>): Promise<Result<'index/search'>>;
	delete(params: Params<'index/delete'>): Promise<Result<'index/delete'>>;
}

/** What the operations room offers to clients. */
export interface SystemRequests {
	status(): Result<'system/status'>;
	drain(params: Params<'system/drain'>): Result<'system/drain'>;
	maintain(params: Params<'system/maintain'>): Promise<Result<'system/maintain'>>;
	diagnose(): Promise<Result<'system/diagnose'>>;
	/** Why no new work is taken; undefined while it is. */
	refusal(): string | undefined;
}

/** The daemon's own settings. */
export interface SettingsRequests {
	get(): Result<'settings/get'>;
	update(params: Params<'settings/update'>): Result<'settings/update'>;
}

export interface HandlerDependencies extends LogDependencies {
	readonly instance: string;
	readonly types: JobHandlers;
	readonly payloads: PayloadStore;
	readonly index: IndexRequests;
	readonly system: SystemRequests;
	readonly settings: SettingsRequests;
	/** A person uses an editor. */
	readonly activity: () => void;
}

export function createHandlers(dependencies: HandlerDependencies): Handlers {
	const { jobs, index, system } = dependencies;
	/** What each session follows, so that it can stop. */
	const feeds = new WeakMap<Session, { end(): void }>();
	const followed = new WeakMap<Session, Map<string, { end(): void }>>();
	const inTurn = createTurns();
	/** Only among each other: a look at the jobs waits for no change of them. */
	const subscribedInTurn = createTurns();

	function many<R>(change: (targets: Targets) => Promise<R>) {
		return clientsOnly((targets: Targets, session) =>
			// Whoever is meant by a filter is changed piece by piece, and the next one waits for the last piece.
			inTurn(session, targets, change, 'ids' in targets ? 'submitted' : 'done'),
		);
	}

	return {
		async 'job/enqueue'({ jobs: specs }, session) {
			// What still runs may finish, and for a parent that takes its children; they wait for the next daemon.
			const refusal = session.job === undefined ? system.refusal() : undefined;
			if (refusal !== undefined) throw new SemanticaError('DRAINING', refusal);
			const own = specs.map((spec, i) => asChildOf(session, spec, `jobs[${i}].parentId`));
			const prepared = prepareJobs(own, dependencies.types, dependencies.payloads, sparesBattery);
			return { jobs: await inTurn(session, prepared, jobs.enqueue) };
		},
		'job/get'({ id }, session) {
			const found = jobs.get(id);
			assertReadable(session, found.job);
			return found;
		},
		'job/explain'({ id }, session) {
			assertReadable(session, jobs.get(id).job);
			return jobs.explain(id);
		},
		'job/payload'(params, session) {
			assertReadable(session, jobs.get(params.id).job);
			return jobs.payload(params);
		},
		async 'job/list'(params, session) {
			if (session.job !== undefined && params.filter.parentId !== session.job.id) {
				throw notForJobs('list only its own children (filter.parentId)');
			}
			const workspace = await canonicalName(params.filter.workspace);
			const filter = workspace === undefined ? params.filter : { ...params.filter, workspace };
			return jobs.list({ ...params, filter });
		},
		'job/cancel': many(jobs.cancel),
		'job/retry': many(jobs.retry),
		'job/pause': many(jobs.pause),
		'job/resume': many(jobs.resume),
		'job/runNow': many(jobs.runNow),
		'job/remove': many(jobs.remove),
		'jobs/subscribe': clientsOnly((params, session) =>
			subscribedInTurn(session, canonicalName(params.workspace), async (workspace) => {
				feeds.get(session)?.end();
				const feed = subscribeToJobs(
					dependencies,
					workspace === undefined ? {} : { workspace },
					session,
				);
				feeds.set(session, feed);
				return feed.snapshot;
			}),
		),
		'log/read': clientsOnly(({ id, offset, maxBytes }) =>
			readLog(dependencies, id, offset, maxBytes),
		),
		'log/subscribe': clientsOnly(({ id, offset }, session) => {
			jobs.get(id);
			const mine = followed.get(session) ?? new Map<string, { end(): void }>();
			followed.set(session, mine);
			mine.get(id)?.end();
			mine.set(id, followLog(dependencies, id, offset, session));
			return {};
		}),
		'log/unsubscribe': clientsOnly(({ id }, session) => {
			followed.get(session)?.get(id)?.end();
			followed.get(session)?.delete(id);
			return {};
		}),
		'queue/list': clientsOnly(() => jobs.queues()),
		'queue/update': clientsOnly((params, session) => inTurn(session, params, jobs.updateQueue)),
		'event/emit': clientsOnly(({ name, workspace }, session) =>
			inTurn(session, canonicalName(workspace), async (folder = '') => ({
				released: await jobs.emit(name, folder),
			})),
		),
		'activity/report': clientsOnly(() => {
			dependencies.activity();
			return {};
		}),
		'index/status': clientsOnly((params) => index.status(params)),
		'index/search': clientsOnly((params) => index.search(params)),
		'index/delete': clientsOnly((params) => index.delete(params)),
		'system/status': clientsOnly(() => system.status()),
		'settings/get': clientsOnly(() => dependencies.settings.get()),
		'settings/update': clientsOnly((params, session) =>
			inTurn(session, params, async () => dependencies.settings.update(params)),
		),
		'system/diagnose': clientsOnly(() => system.diagnose()),
		'system/maintain': clientsOnly((params) => system.maintain(params)),
		'system/drain': clientsOnly((params) => system.drain(params)),
	};
}

// Requests of one connection commit in arrival order, though some take longer to prepare, or to do.
function createTurns() {
	/** Of sessions in which something waits for its turn, or for the disk. */
	const last = new WeakMap<Session, Promise<void>>();

	return <P, T>(
		session: Session,
		prepared: P | Promise<P>,
		submit: (prepared: P) => Promise<T>,
		until: 'submitted' | 'done' = 'submitted',
	): Promise<T> => {
		const before = last.get(session);
		if (before === undefined && !(prepared instanceof Promise) && until === 'submitted') {
			return submit(prepared);
		}
		// The box keeps the next one from waiting for this one's fsync, only for its submission.
		const submitted = Promise.all([prepared, before]).then(([ready]) => ({
			answer: submit(ready),
		}));
		const turn = submitted
			.then(
				({ answer }) => (until === 'done' ? answer.then(nothing, nothing) : undefined),
				() => before,
			)
			.then(() => {
				if (last.get(session) === turn) last.delete(session);
			});
		last.set(session, turn);
		return submitted.then(({ answer }) => answer);
	};
}

function nothing(): void {}

/** Lists and subscriptions name a folder as enqueue does; one that is gone keeps the name it was given. */
async function canonicalName(workspace: string | undefined): Promise<string | undefined> {
	if (workspace === undefined) return undefined;
	return canonicalFolder(workspace).catch(() => workspace);
}

function clientsOnly<P, R>(handler: (params: P, session: Session) => R) {
	return (params: P, session: Session): R => {
		if (session.job !== undefined) throw notForJobs('enqueue children and read itself and them');
		return handler(params, session);
	};
}

function notForJobs(allowed: string): SemanticaError {
	return new SemanticaError('UNAUTHORIZED', `A job's own token may ${allowed}.`);
}

function asChildOf<S extends { parentId?: string | undefined }>(
	session: Session,
	spec: S,
	path: string,
): S {
	if (session.job === undefined) return spec;
	if (spec.parentId !== undefined && spec.parentId !== session.job.id) {
		throw new SemanticaError(
			'UNAUTHORIZED',
			"A job's own token may enqueue children of that job only.",
			{ path },
		);
	}
	return { ...spec, parentId: session.job.id };
}

function assertReadable(session: Session, job: { id: string; parentId: string | null }): void {
	const own = session.job?.id;
	if (own !== undefined && job.id !== own && job.parentId !== own) {
		throw notForJobs('read itself and its children');
	}
}
