/** Answers to `job/*`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JobSpec } from '../../shared/job.ts';
import type { Targets } from '../../shared/protocol/jobs.ts';
import { type CheckPattern, checkPatterns } from '../queue/intake/patterns.ts';
import { prepareJobs } from '../queue/intake/prepare.ts';
import { sparesBattery } from '../queue/ports/conditions.ts';
import type { JobHandlers } from '../queue/ports/handlers.ts';
import type { PayloadStore } from '../queue/ports/payloadStore.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { PreparedJob } from '../queue/rules/enqueue.ts';
import type { Handlers, Session } from './asking.ts';
import { canonicalName } from './folderNames.ts';
import { asChildOf, clientsOnly, notForJobs } from './jobTokens.ts';
import { createJobWaits, type WaitDependencies } from './jobWaits.ts';
import { cancelWith, type LeftRequests } from './leftBehind.ts';
import type { ExpectedReaders } from './logFollow.ts';
import type { ToolScope } from './tools.ts';
import type { Admitted, ToolView } from './toolView.ts';
import type { Turns } from './turns.ts';

export interface JobHandlerDependencies {
	readonly jobs: JobRequests;
	readonly types: JobHandlers;
	readonly payloads: PayloadStore;
	readonly checkPattern: CheckPattern;
	readonly left: LeftRequests;
}

/** What all that answers of jobs has in common. */
export interface Asking {
	readonly tools: ToolView;
	readonly inTurn: Turns;
	readonly expected: ExpectedReaders;
	/** @throws SemanticaError UNAUTHORIZED or NOT_FOUND */
	assertReadable(session: Session, id: string): void;
	/** @throws SemanticaError DRAINING */
	refuseWhileLeaving(): void;
}

/** To read so many jobs and to write them are two steps: others come between. */
const MANY = 200;

export function createJobHandlers(
	dependencies: JobHandlerDependencies & WaitDependencies,
	{ tools, inTurn, expected, assertReadable, refuseWhileLeaving }: Asking,
) {
	const { jobs } = dependencies;
	const waits = createJobWaits(dependencies);
	const cancelWithLeft = cancelWith(jobs.cancel, dependencies.left);

	function many<R>(change: (targets: Targets) => Promise<R>) {
		return clientsOnly((targets: Targets, session) =>
			// Many are changed piece by piece, and the next request waits for the last piece.
			inTurn(session, targets, change, jobs.isOneGo(targets) ? 'submitted' : 'done'),
		);
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
			assertReadable(session, id);
			const found = jobs.get(id, session.tool?.folders());
			const left = found.job.leaveBehind ? await dependencies.left.of(id) : [];
			return {
				...found,
				explanation: { ...found.explanation, ...jobs.usual(id) },
				...(left.length === 0 ? {} : { left: [...left] }),
			};
		},
		'job/explain'({ id }, session) {
			assertReadable(session, id);
			return { ...jobs.explain(id, session.tool?.folders()), ...jobs.usual(id) };
		},
		'job/errors'({ id }, session) {
			assertReadable(session, id);
			return jobs.problems(id);
		},
		'job/payload'(params, session) {
			assertReadable(session, params.id);
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
	} satisfies Handlers;
}
