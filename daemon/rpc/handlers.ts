/** The request table of the daemon: each method and who answers it. What is absent answers −32601. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SemanticaError } from '../../shared/errors.ts';
import type { JobSpec } from '../../shared/job.ts';
import type { Draining } from '../../shared/protocol/draining.ts';
import type { Targets } from '../../shared/protocol/jobs.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { type CheckPattern, checkPatterns } from '../queue/intake/patterns.ts';
import { prepareJobs } from '../queue/intake/prepare.ts';
import type { Clock } from '../queue/ports/clock.ts';
import { sparesBattery } from '../queue/ports/conditions.ts';
import type { JobHandlers } from '../queue/ports/handlers.ts';
import type { SearchLog } from '../queue/ports/logs.ts';
import type { PayloadStore } from '../queue/ports/payloadStore.ts';
import type { PreparedJob } from '../queue/rules/enqueue.ts';
import type { Handlers, Session } from './asking.ts';
import { canonicalName } from './folderNames.ts';
import { canonicalHooks, type HooksRequests } from './hooks.ts';
import { subscribeToJobs } from './jobsSubscription.ts';
import { createJobWaits } from './jobWaits.ts';
import { cancelWith, type LeftRequests } from './leftBehind.ts';
import { createExpectedReaders, followLog, type LogDependencies, readLog } from './logFollow.ts';
import type { RequestSignal } from './openRequests.ts';
import { type ScheduleSource, subscribeToSchedules } from './schedulesSubscription.ts';
import type { ToolScope } from './tools.ts';
import { type Admitted, createToolView } from './toolView.ts';
import type { Windows } from './windows.ts';

/** What the indexing room offers to clients. */
export interface IndexRequests {
	status(params: Params<'index/status'>): Promise<Result<'index/status'>>;
	search(params: Params<'index/search'>, signal: AbortSignal): Promise<Result<'index/search'>>;
	stale(params: Params<'index/stale'>): Promise<Result<'index/stale'>>;
	symbols(
		params: Params<'workspace/symbol'>,
		signal: AbortSignal,
	): Promise<Result<'workspace/symbol'>>;
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
	draining(): Draining | null;
}

/** What the schedules room offers to clients; `P` is a put whose payload is stored. */
export interface ScheduleRequests<P> extends ScheduleSource {
	prepare(params: Params<'schedule/put'>): Promise<P>;
	put(prepared: P): Promise<Result<'schedule/put'>>;
	update(params: Params<'schedule/update'>): Promise<Result<'schedule/update'>>;
	remove(params: Params<'schedule/remove'>): Promise<Result<'schedule/remove'>>;
	run(params: Params<'schedule/run'>): Promise<Result<'schedule/run'>>;
	preview(params: Params<'schedule/preview'>): Result<'schedule/preview'>;
}

/** What the policy room offers to clients: what AI tools may do. */
export interface PolicyRequests {
	/** @throws SemanticaError FORBIDDEN or VALIDATION, by path */
	admit(specs: readonly JobSpec[], folders: readonly string[]): Promise<Admitted[]>;
	get(): Result<'ai/policy'>;
	update(params: Params<'ai/update'>): Promise<Result<'ai/update'>>;
	allowFolder(root: string): Promise<Result<'ai/folder'>>;
	forgetFolder(root: string): Promise<Result<'ai/forget'>>;
}

/** What the metrics room offers to clients. */
export interface MetricsRequests {
	scrape(): Promise<Result<'system/metrics'>>;
	now(params: Params<'stats/now'>): Result<'stats/now'>;
	history(params: Params<'stats/history'>, signal: AbortSignal): Promise<Result<'stats/history'>>;
}

/** What the fleet room offers to clients: a queue that several machines share. */
export interface FleetRequests {
	key(): Result<'fleet/key'>;
	status(): Promise<Result<'fleet/status'>>;
	join(params: Params<'fleet/join'>): Promise<Result<'fleet/join'>>;
	work(): Result<'fleet/work'>;
	leave(): Promise<Result<'fleet/leave'>>;
	accept(params: Params<'fleet/accept'>): Promise<Result<'fleet/accept'>>;
	submit(params: Params<'fleet/submit'>): Promise<Result<'fleet/submit'>>;
	migrate(params: Params<'fleet/migrate'>): Promise<Result<'fleet/migrate'>>;
	list(params: Params<'fleet/list'>): Promise<Result<'fleet/list'>>;
}

/** The daemon's own settings. */
export interface SettingsRequests {
	get(): Result<'settings/get'>;
	update(params: Params<'settings/update'>): Result<'settings/update'>;
}

/** What the workers room offers to clients that are workers; the session names the worker. */
export interface WorkerRequests {
	register(params: Params<'worker/register'>, session: Session): Promise<Result<'worker/register'>>;
	started(params: Params<'worker/started'>, session: Session): Promise<Result<'worker/started'>>;
	finish(params: Params<'worker/finish'>, session: Session): Promise<Result<'worker/finish'>>;
	progress(params: Params<'worker/progress'>, session: Session): Result<'worker/progress'>;
	checkpoint(
		params: Params<'worker/checkpoint'>,
		session: Session,
	): Promise<Result<'worker/checkpoint'>>;
	log(params: Params<'worker/log'>, session: Session): Promise<Result<'worker/log'>>;
	alive(session: Session): Result<'worker/alive'>;
	/** Those that the daemon starts itself. */
	list(): Result<'worker/list'>;
	add(params: Params<'worker/add'>): Promise<Result<'worker/add'>>;
	remove(params: Params<'worker/remove'>): Promise<Result<'worker/remove'>>;
	restart(params: Params<'worker/restart'>): Promise<Result<'worker/restart'>>;
}

export interface HandlerDependencies<P = unknown> extends LogDependencies {
	readonly instance: string;
	readonly types: JobHandlers;
	readonly payloads: PayloadStore;
	readonly checkPattern: CheckPattern;
	readonly index: IndexRequests;
	readonly schedules: ScheduleRequests<P>;
	readonly system: SystemRequests;
	readonly settings: SettingsRequests;
	readonly left: LeftRequests;
	readonly policy: PolicyRequests;
	readonly workers: WorkerRequests;
	readonly fleet: FleetRequests;
	readonly hooks: HooksRequests;
	readonly searchLog: SearchLog;
	readonly metrics: MetricsRequests;
	readonly clock: Clock;
	/** Returns how many jobs the event released; `''` is every workspace. */
	emit(event: Params<'event/emit'> & { readonly workspace: string }): Promise<number>;
	readonly windows: Pick<Windows, 'report'>;
	/** A person uses an editor. */
	readonly activity: () => void;
}

/** To read so many jobs and to write them are two steps: others come between. */
const MANY = 200;

export function createHandlers<P>(dependencies: HandlerDependencies<P>): Handlers {
	const { jobs, index, logs, policy, schedules, system, metrics, workers } = dependencies;
	/** What each session follows, so that it can stop. */
	const feeds = new WeakMap<Session, { end(): void }>();
	const watched = new WeakMap<Session, () => void>();
	const followed = new WeakMap<Session, Map<string, { end(): void }>>();
	const tools = createToolView({ jobs, admit: policy.admit });
	const waits = createJobWaits(dependencies);
	const cancelWithLeft = cancelWith(jobs.cancel, dependencies.left);
	const expected = createExpectedReaders(dependencies.logs);
	const inTurn = createTurns();
	/** Only among each other: a look at the jobs waits for no change of them. */
	const subscribedInTurn = createTurns();

	function many<R>(change: (targets: Targets) => Promise<R>) {
		return clientsOnly((targets: Targets, session) =>
			// Many are changed piece by piece, and the next request waits for the last piece.
			inTurn(session, targets, change, jobs.isOneGo(targets) ? 'submitted' : 'done'),
		);
	}

	function assertReadable(session: Session, job: { id: string; parentId: string | null }): void {
		const own = session.job?.id;
		if (own !== undefined && job.id !== own && job.parentId !== own) {
			throw notForJobs('read itself and its children');
		}
		tools.assertSeen(session, job.id);
	}

	function refuseWhileLeaving(): void {
		const refusal = system.refusal();
		if (refusal !== undefined) throw new SemanticaError('DRAINING', refusal);
	}

	return {
		async 'job/enqueue'({ jobs: specs, hold }, session) {
			// What still runs may finish, and for a parent that takes its children; they wait for the next daemon.
			if (session.job === undefined) refuseWhileLeaving();
			const prepare = (own: readonly JobSpec[]) => {
				const { types, payloads, checkPattern } = dependencies;
				const checked = checkPatterns(own, checkPattern, (i) => `jobs[${i}]`);
				const prepared = () => prepareJobs(own, types, payloads, sparesBattery);
				return checked === undefined ? prepared() : checked.then(prepared);
			};
			let admitted: readonly Admitted[] = [];
			const prepareTools = async (tool: ToolScope) => {
				admitted = await tools.admitted(tool, specs);
				return prepare(admitted.map(({ spec }) => spec));
			};
			const prepared =
				session.tool === undefined
					? prepare(specs.map((spec, i) => asChildOf(session, spec, `jobs[${i}].parentId`)))
					: prepareTools(session.tool);
			const steps =
				specs.length < MANY ? prepared : Promise.resolve(prepared).then((ready) => nextTurn(ready));
			const by = {
				origin: session.origin,
				job: session.job?.id,
				scope: session.tool?.folders(),
				needsApproval: (index: number) => admitted[index]?.needsApproval === true,
			};
			const enqueue = (ready: readonly PreparedJob[]) => jobs.enqueue(ready, by);
			const enqueued = await inTurn(session, steps, enqueue);
			if (hold === true) for (const { id } of enqueued) expected.hold(session, id);
			return { jobs: enqueued };
		},
		async 'job/get'({ id }, session) {
			const found = jobs.get(id, session.tool?.folders());
			assertReadable(session, found.job);
			const left = found.job.leaveBehind ? await dependencies.left.of(id) : [];
			return {
				...found,
				explanation: { ...found.explanation, ...jobs.usual(id) },
				...(left.length === 0 ? {} : { left: [...left] }),
			};
		},
		'job/explain'({ id }, session) {
			assertReadable(session, jobs.get(id).job);
			return { ...jobs.explain(id, session.tool?.folders()), ...jobs.usual(id) };
		},
		'job/errors'({ id }, session) {
			assertReadable(session, jobs.get(id).job);
			return jobs.problems(id);
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
			tools.assertSeen(session, params.filter.parentId, 'filter.parentId');
			tools.assertSeen(session, params.filter.after, 'filter.after');
			return jobs.page({ ...params, filter }, session.tool?.folders());
		},
		'job/wait'(params, session, signal) {
			for (const [i, id] of params.ids.entries()) tools.assertSeen(session, id, `ids[${i}]`);
			const standings = jobs.standings(params.ids);
			const own = session.job?.id;
			// For itself it would wait for ever.
			if (own !== undefined && standings.some(({ parentId }) => parentId !== own)) {
				throw notForJobs('wait for its children only');
			}
			const { tool } = session;
			return waits.wait(params, signal(), tool && (() => tool.folders()));
		},
		'job/cancel': clientsOnly((targets: Targets, session) => {
			const { tool, origin } = session;
			const cancel =
				tool === undefined ? cancelWithLeft : (own: Targets) => tools.cancel(tool, origin, own);
			return inTurn(session, targets, cancel, jobs.isOneGo(targets) ? 'submitted' : 'done');
		}),
		'job/retry': many(jobs.retry),
		'job/pause': many(jobs.pause),
		'job/resume': many(jobs.resume),
		'job/runNow': many(jobs.runNow),
		'job/remove': many(jobs.remove),
		'job/update': clientsOnly((params, session) =>
			inTurn(session, params, jobs.update, jobs.isOneGo(params) ? 'submitted' : 'done'),
		),
		'job/answer': clientsOnly(({ id, ...answer }, session) => {
			tools.assertMine(session, id);
			return inTurn(session, answer, async () => ({
				job: await jobs.answer(id, { ...answer, by: session.origin }, session.tool?.folders()),
			}));
		}),
		'jobs/subscribe': clientsOnly((params, session) =>
			subscribedInTurn(
				session,
				canonicalName(params.workspace),
				async (workspace) => {
					feeds.get(session)?.end();
					const feed = await subscribeToJobs(
						{ ...dependencies, draining: system.draining },
						workspace === undefined ? {} : { workspace },
						session,
					);
					feeds.set(session, feed);
					return feed.snapshot;
				},
				'done',
			),
		),
		// A job waits for its children by their logs: the end of one is the end of the job.
		async 'log/read'({ tailLines, ...part }, session) {
			assertReadable(session, jobs.get(part.id).job);
			const from = tailLines === undefined ? 0 : await logs.lastLines(part.id, tailLines);
			return readLog(dependencies, { ...part, offset: Math.max(part.offset, from) });
		},
		'log/search': clientsOnly((params, session, signal) => {
			assertReadable(session, jobs.get(params.id).job);
			return dependencies.searchLog(params, signal());
		}),
		'log/subscribe'(params, session) {
			const { id } = params;
			assertReadable(session, jobs.get(id).job);
			const mine = followed.get(session) ?? new Map<string, { end(): void }>();
			followed.set(session, mine);
			mine.get(id)?.end();
			mine.set(id, followLog(dependencies, params, session));
			expected.release(session, id);
			return {};
		},
		'log/unsubscribe'({ id }, session) {
			// A client may let go of what was removed meanwhile.
			if (session.job !== undefined) assertReadable(session, jobs.get(id).job);
			followed.get(session)?.get(id)?.end();
			followed.get(session)?.delete(id);
			return {};
		},
		'queue/list': clientsOnly(() => jobs.queues()),
		'group/list': clientsOnly((params) => jobs.groups(params)),
		'group/update': clientsOnly((params, session) => inTurn(session, params, jobs.updateGroup)),
		'queue/update': clientsOnly((params, session) => inTurn(session, params, jobs.updateQueue)),
		'schedule/put': clientsOnly((params, session) => {
			refuseWhileLeaving();
			return inTurn(session, schedules.prepare(params), schedules.put);
		}),
		'schedule/update': clientsOnly((params, session) => inTurn(session, params, schedules.update)),
		'schedule/list': clientsOnly((params) => schedules.list(params)),
		'schedule/remove': clientsOnly((params, session) => inTurn(session, params, schedules.remove)),
		'schedule/run': clientsOnly((params, session) => {
			refuseWhileLeaving();
			return inTurn(session, params, schedules.run);
		}),
		'schedule/preview': clientsOnly((params) => schedules.preview(params)),
		'schedule/subscribe': clientsOnly((params, session) =>
			subscribedInTurn(
				session,
				params,
				async () => {
					watched.get(session)?.();
					watched.set(session, await subscribeToSchedules(schedules, dependencies.feed, session));
					return {};
				},
				'done',
			),
		),
		'event/emit': clientsOnly(({ workspace, ...event }, session) =>
			inTurn(session, canonicalName(workspace), async (folder = '') => ({
				released: await dependencies.emit({ ...event, workspace: folder }),
			})),
		),
		'window/report': clientsOnly(({ focused }, session) => {
			dependencies.windows.report(session, focused);
			return {};
		}),
		'activity/report': clientsOnly(() => {
			dependencies.activity();
			return {};
		}),
		'index/status': clientsOnly(async (params, session) =>
			tools.indexes(session, await index.status(params)),
		),
		'index/search': clientsOnly(async (params, session, signal) => {
			if (session.tool === undefined) return index.search(params, signal());
			const workspace = await canonicalName(params.workspace);
			tools.assertFolder(session, workspace);
			const canonical = workspace === undefined ? params : { ...params, workspace };
			return index.search(canonical, signal());
		}),
		'index/stale': clientsOnly((params) => index.stale(params)),
		'workspace/symbol': clientsOnly((params, _session, signal) => index.symbols(params, signal())),
		'index/delete': clientsOnly((params) => index.delete(params)),
		'ai/policy': clientsOnly(() => policy.get()),
		'ai/update': clientsOnly((params, session) => inTurn(session, params, policy.update, 'done')),
		'ai/approve': clientsOnly((params, session) =>
			inTurn(session, params, async ({ id }) => ({ job: await jobs.approve(id) })),
		),
		'ai/folder': clientsOnly(({ root }) => policy.allowFolder(root)),
		'ai/forget': clientsOnly(({ root }) => policy.forgetFolder(root)),
		'fleet/key': clientsOnly(() => dependencies.fleet.key()),
		'fleet/work': clientsOnly(() => dependencies.fleet.work()),
		'fleet/status': clientsOnly(() => dependencies.fleet.status()),
		'fleet/join': clientsOnly((params, session) =>
			inTurn(session, params, dependencies.fleet.join, 'done'),
		),
		'fleet/leave': clientsOnly((params, session) =>
			inTurn(session, params, () => dependencies.fleet.leave(), 'done'),
		),
		'fleet/accept': clientsOnly((params, session) =>
			inTurn(session, params, dependencies.fleet.accept, 'done'),
		),
		'fleet/submit': clientsOnly((params, session) => {
			refuseWhileLeaving();
			return inTurn(session, params, dependencies.fleet.submit, 'done');
		}),
		'fleet/migrate': clientsOnly((params) => dependencies.fleet.migrate(params)),
		'fleet/list': clientsOnly((params) => dependencies.fleet.list(params)),
		'worker/register': clientsOnly(async (params, session) => {
			refuseWhileLeaving();
			const registered = await workers.register(params, session);
			if (session.worker === undefined) session.works(params.name);
			return registered;
		}),
		'worker/started': clientsOnly((params, session) => workers.started(params, session)),
		'worker/finish': clientsOnly((params, session) => workers.finish(params, session)),
		'worker/progress': clientsOnly((params, session) => workers.progress(params, session)),
		'worker/checkpoint': clientsOnly((params, session) => workers.checkpoint(params, session)),
		'worker/log': clientsOnly((params, session) => workers.log(params, session)),
		'worker/list': clientsOnly(() => workers.list()),
		'worker/add': clientsOnly((params, session) => inTurn(session, params, workers.add, 'done')),
		'worker/remove': clientsOnly((params, session) =>
			inTurn(session, params, workers.remove, 'done'),
		),
		'worker/restart': clientsOnly((params, session) =>
			inTurn(session, params, workers.restart, 'done'),
		),
		'worker/alive': clientsOnly((_params, session) => workers.alive(session)),
		'system/status': clientsOnly(() => system.status()),
		'settings/get': clientsOnly(() => dependencies.settings.get()),
		'settings/update': clientsOnly((params, session) =>
			inTurn(session, params, async () => dependencies.settings.update(params)),
		),
		'hooks/list': clientsOnly(() => dependencies.hooks.list()),
		'hooks/update': clientsOnly((params, session) =>
			inTurn(session, canonicalHooks(params), async (ready) => dependencies.hooks.update(ready)),
		),
		'system/metrics': clientsOnly(() => metrics.scrape()),
		'stats/now': clientsOnly((params) => metrics.now(params)),
		'stats/history': clientsOnly((params, _session, signal) => metrics.history(params, signal())),
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

function clientsOnly<P, R>(handler: (params: P, session: Session, signal: RequestSignal) => R) {
	return (params: P, session: Session, signal: RequestSignal): R => {
		if (session.job !== undefined) throw notForJobs('enqueue children and read itself and them');
		return handler(params, session, signal);
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
