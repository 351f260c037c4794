/** The request table of the daemon: each method and who answers it. What is absent answers −32601. */
import { SemanticaError } from '../../shared/errors.ts';
import type { Params } from '../../shared/protocol/requests.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { SearchLog } from '../queue/ports/logs.ts';
import { noSuchJob } from '../queue/store/statements.ts';
import type { Handlers, Session } from './asking.ts';
import { canonicalName } from './folderNames.ts';
import { canonicalHooks, type HooksRequests } from './hooks.ts';
import { createJobHandlers, type JobHandlerDependencies } from './jobHandlers.ts';
import { subscribeToJobs } from './jobsSubscription.ts';
import { clientsOnly, notForJobs } from './jobTokens.ts';
import { createExpectedReaders, type LogDependencies } from './logFollow.ts';
import { createLogHandlers } from './logHandlers.ts';
import type {
	FleetRequests,
	IndexRequests,
	MeaningRequests,
	MetricsRequests,
	PolicyRequests,
	ScheduleRequests,
	SettingsRequests,
	SystemRequests,
	WorkerRequests,
} from './offers.ts';
import { subscribeToSchedules } from './schedulesSubscription.ts';
import { createToolView } from './toolView.ts';
import { createTurns } from './turns.ts';
import type { Windows } from './windows.ts';

export interface HandlerDependencies<P = unknown> extends LogDependencies, JobHandlerDependencies {
	readonly instance: string;
	readonly index: IndexRequests;
	readonly meaning: MeaningRequests;
	readonly schedules: ScheduleRequests<P>;
	readonly system: SystemRequests;
	readonly settings: SettingsRequests;
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

export function createHandlers<P>(dependencies: HandlerDependencies<P>): Handlers {
	const { jobs, index, policy, schedules, system, metrics, workers } = dependencies;
	/** What each session is told, so that it can stop. */
	const feeds = new WeakMap<Session, { end(): void }>();
	const watched = new WeakMap<Session, () => void>();
	const tools = createToolView({
		jobs,
		admit: policy.admit,
		admitSending: policy.admitSending,
	});
	const expected = createExpectedReaders(dependencies.logs);
	const inTurn = createTurns();
	/** Only among each other: a look at the jobs waits for no change of them. */
	const subscribedInTurn = createTurns();

	function assertReadable(session: Session, id: string): void {
		const standing = jobs.standing(id);
		if (standing === undefined) throw noSuchJob(id);
		const own = session.job?.id;
		if (own !== undefined && id !== own && standing.parentId !== own) {
			throw notForJobs('read itself and its children');
		}
		tools.assertSeen(session, id);
	}

	function refuseWhileLeaving(): void {
		const refusal = system.refusal();
		if (refusal !== undefined) throw new SemanticaError('DRAINING', refusal);
	}

	return {
		...createJobHandlers(dependencies, {
			tools,
			inTurn,
			expected,
			assertReadable,
			refuseWhileLeaving,
		}),
		...createLogHandlers(dependencies, { expected, assertReadable }),
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
		'meaning/plan': clientsOnly((params) => dependencies.meaning.plan(params)),
		'meaning/on': clientsOnly((params, session) => {
			refuseWhileLeaving();
			return inTurn(session, params, dependencies.meaning.on, 'done');
		}),
		'meaning/off': clientsOnly((params, session) =>
			inTurn(session, params, dependencies.meaning.off, 'done'),
		),
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
		'fleet/leave': clientsOnly((params, _session, signal) =>
			dependencies.fleet.leave(params, signal()),
		),
		'fleet/accept': clientsOnly((params, session) =>
			inTurn(session, params, dependencies.fleet.accept, 'done'),
		),
		'fleet/submit': clientsOnly((params, session) => {
			refuseWhileLeaving();
			return inTurn(session, params, dependencies.fleet.submit, 'done');
		}),
		'job/send': clientsOnly((params, session) => {
			const { tool, origin } = session;
			if (tool === undefined) {
				throw new SemanticaError('UNAUTHORIZED', 'job/send is for AI tools; say fleet/submit.');
			}
			refuseWhileLeaving();
			dependencies.fleet.assertJoined();
			const asked = tools.sendable(tool, origin, params.jobs);
			return inTurn(session, asked, dependencies.fleet.send, 'done');
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
