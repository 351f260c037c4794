/** One face over the jobs that are here and those that this machine asked others for. */
import { SemanticaError } from '../../shared/errors.ts';
import { isInside, pathOfUri } from '../../shared/inside.ts';
import type { Job } from '../../shared/job.ts';
import { isFinished } from '../../shared/jobTerms.ts';
import type { JobFilter, ManyResult } from '../../shared/protocol/jobs.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { Scope } from '../queue/store/scope.ts';
import type { Feed, Unsubscribe } from '../queue/views/feed.ts';

/** Jobs elsewhere; each answers undefined for one that is not. */
export interface Elsewhere {
	/** Whether any can be asked for. */
	readonly any: () => boolean;
	readonly job: (id: string) => Job | undefined;
	readonly explain: (id: string) => ReturnType<JobRequests['explain']>;
	/** Those whose id or title has this in it. */
	readonly search: (text: string, limit: number) => Job[];
	/** What this machine asked for, newest first. */
	readonly newest: (limit: number) => Job[];
	/** Everything in the shared queue, or of one machine (`*`: of all). */
	readonly list: (asked: {
		readonly machine: string;
		readonly open: boolean;
		readonly text: string | undefined;
		readonly limit: number;
		readonly before: number | undefined;
	}) => Promise<{ readonly jobs: Job[]; readonly before: number | null }>;
	/** A sentence why not; undefined when it is on its way. */
	readonly cancel: (id: string) => Promise<string | undefined>;
	/** Each as cancel; of what nobody has taken. */
	readonly pause: (id: string) => Promise<string | undefined>;
	readonly resume: (id: string) => Promise<string | undefined>;
	readonly runNow: (id: string) => Promise<string | undefined>;
	readonly remove: (id: string) => Promise<string | undefined>;
	/** @throws SemanticaError CONFLICT where no approval is missing */
	readonly approve: (id: string) => Promise<void>;
}

export function directoryOf(jobs: JobRequests, elsewhere: Elsewhere): JobRequests {
	const { job: find } = elsewhere;
	/** Each with those that are elsewhere taken out and dealt with on their own. */
	function many(
		local: (targets: Parameters<JobRequests['cancel']>[0]) => Promise<ManyResult>,
		each: (id: string) => Promise<string | undefined>,
	): (targets: Parameters<JobRequests['cancel']>[0]) => Promise<ManyResult> {
		return async (targets) => {
			if (!('ids' in targets) || !elsewhere.any()) return local(targets);
			const ids = targets.ids.filter(
				(id) => jobs.standing(id) === undefined && find(id) !== undefined,
			);
			if (ids.length === 0) return local(targets);
			const here = targets.ids.filter((id) => !ids.includes(id));
			const result =
				here.length === 0 ? { count: 0, skipped: [], skippedCount: 0 } : await local({ ids: here });
			const skipped = [...result.skipped];
			for (const id of ids) {
				const reason = await each(id);
				if (reason !== undefined) skipped.push({ id, reason });
			}
			const refused = skipped.length - result.skipped.length;
			return {
				count: result.count + ids.length - refused,
				skipped: skipped.slice(0, 100),
				skippedCount: result.skippedCount + refused,
			};
		};
	}

	const remote = (id: string) => (jobs.standing(id) === undefined ? find(id) : undefined);

	/** Beside a page of this queue, where tools look for theirs or a person for something. */
	function beside({ filter, limit }: Params<'job/list'>, scope: Scope | undefined): Job[] {
		const isAsked = scope !== undefined || filter.text !== undefined || filter.origin !== undefined;
		if (!isAsked || !elsewhere.any()) return [];
		const found = elsewhere.search(filter.text ?? '', MOST_SEARCHED);
		return found
			.filter((job) => jobs.standing(job.id) === undefined && meets(job, filter, scope))
			.slice(0, limit);
	}

	/** The shared queue's own order, newest first; its cursor is a number of the server's. */
	async function ofMachine(
		{ filter, limit, cursor }: Params<'job/list'>,
		machine: string,
		state: JobFilter['state'],
	): Promise<Result<'job/list'>> {
		const open = state?.every((one) => OPEN.has(one)) === true;
		const found: Job[] = [];
		let before = cursor === undefined ? undefined : numberOf(cursor);
		for (;;) {
			const asked = { machine, open, text: filter.text, limit: limit - found.length, before };
			const page = await elsewhere.list(asked);
			found.push(...page.jobs.filter((job) => state === undefined || state.includes(job.state)));
			before = page.before ?? undefined;
			if (before === undefined || found.length >= limit) break;
		}
		const nextCursor = before === undefined ? null : `fleet:${before}`;
		const isAll = cursor === undefined && nextCursor === null;
		return { jobs: found, nextCursor, total: { value: found.length, exact: isAll } };
	}

	return {
		...jobs,
		get(id, scope) {
			const job = remote(id);
			return job === undefined
				? jobs.get(id, scope)
				: { job, runs: [], explanation: elsewhere.explain(id) };
		},
		usual: (id) => (remote(id) === undefined ? jobs.usual(id) : {}),
		explain: (id, scope) =>
			remote(id) === undefined ? jobs.explain(id, scope) : elsewhere.explain(id),
		isInScope(id, scope) {
			const job = remote(id);
			return job === undefined ? jobs.isInScope(id, scope) : liesIn(job, scope);
		},
		originOf: (id) => remote(id)?.origin ?? jobs.originOf(id),
		async approve(id) {
			if (remote(id) === undefined) return jobs.approve(id);
			await elsewhere.approve(id);
			return remote(id) ?? jobs.approve(id);
		},
		find(ids, maxBytes, scope) {
			const found = jobs.find(ids, maxBytes, scope);
			if (found.missing.length === 0 || !elsewhere.any()) return found;
			const others = found.missing.map((id) => [id, find(id)] as const);
			return {
				...found,
				jobs: [...found.jobs, ...others.flatMap(([, job]) => (job === undefined ? [] : [job]))],
				missing: others.filter(([, job]) => job === undefined).map(([id]) => id),
			};
		},
		logFacts(id) {
			const job = remote(id);
			if (job === undefined) return jobs.logFacts(id);
			const { state, logBytes, startedAt, createdAt } = job;
			return { finished: isFinished(state), bytes: logBytes, began: startedAt ?? createdAt };
		},
		standing(id) {
			const here = jobs.standing(id);
			if (here !== undefined) return here;
			const job = find(id);
			return job === undefined ? undefined : { state: job.state, parentId: null };
		},
		standings(ids) {
			if (ids.every((id) => remote(id) === undefined)) return jobs.standings(ids);
			return ids.map((id, index) => {
				const standing = this.standing(id);
				if (standing !== undefined) return standing;
				const path = `ids[${index}]`;
				throw new SemanticaError('NOT_FOUND', `There is no job ${id}.`, { path });
			});
		},
		readiness: (id) => (remote(id) === undefined ? jobs.readiness(id) : 'never'),
		successor: (id) => (remote(id) === undefined ? jobs.successor(id) : id),
		async page(params, scope) {
			const { machine, state } = params.filter;
			if (machine !== undefined && scope === undefined) return ofMachine(params, machine, state);
			const { parentId } = params.filter;
			// Children of what runs elsewhere stay there.
			if (parentId != null && remote(parentId) !== undefined) {
				return { jobs: [], nextCursor: null, total: { value: 0, exact: true } };
			}
			const page = await jobs.page(params, scope);
			const others = params.cursor === undefined ? beside(params, scope) : [];
			if (others.length === 0) return page;
			const all = [...page.jobs, ...others];
			return {
				...page,
				jobs: params.sort === '-createdAt' ? all.sort((a, b) => b.createdAt - a.createdAt) : all,
				total: { ...page.total, value: page.total.value + others.length },
			};
		},
		// What windows begin with; what they hear of later comes through the feed.
		list(params, maxBytes, scope) {
			const page = jobs.list(params, maxBytes, scope);
			const { filter, cursor, limit } = params;
			const { state, ...rest } = filter;
			const isNarrow = scope !== undefined || cursor !== undefined || Object.keys(rest).length > 0;
			if (isNarrow || state === undefined || !elsewhere.any()) return page;
			const others = elsewhere.newest(NEWEST).filter((job) => state.includes(job.state));
			return { ...page, jobs: [...page.jobs, ...others.slice(0, limit)] };
		},
		cancel: many(jobs.cancel, elsewhere.cancel),
		remove: many(jobs.remove, elsewhere.remove),
		pause: many(jobs.pause, elsewhere.pause),
		resume: many(jobs.resume, elsewhere.resume),
		runNow: many(jobs.runNow, elsewhere.runNow),
		payload(params) {
			if (remote(params.id) === undefined) return jobs.payload(params);
			throw new SemanticaError('CONFLICT', 'Its input is on its way to another machine.');
		},
	};
}

/** Of what was asked of others so many are looked through. */
const MOST_SEARCHED = 1000;

function numberOf(cursor: string): number {
	const [, digits] = /^fleet:(\d{1,15})$/.exec(cursor) ?? [];
	if (digits !== undefined) return Number(digits);
	throw new SemanticaError('VALIDATION', 'This cursor is not of a list of the shared queue.', {
		path: 'cursor',
	});
}

function liesIn({ workspace }: Job, scope: Scope): boolean {
	const path = pathOfUri(workspace ?? '');
	return path !== undefined && scope.some((folder) => isInside(path, folder));
}

function meets(job: Job, filter: JobFilter, scope: Scope | undefined): boolean {
	const { state, queue, type, tag, group, origin, parentId, after } = filter;
	const { workspace, subjectPrefix, createdAfter } = filter;
	if (tag !== undefined || group !== undefined || parentId != null || after !== undefined) {
		return false;
	}
	return (
		(scope === undefined || liesIn(job, scope)) &&
		(state === undefined || state.includes(job.state)) &&
		(queue === undefined || queue.includes(job.queue)) &&
		(type === undefined || type.includes(job.type)) &&
		(origin === undefined || origin.some((one) => isOf(job.origin, one))) &&
		(workspace === undefined || job.workspace === workspace) &&
		(subjectPrefix === undefined || job.subject?.startsWith(subjectPrefix) === true) &&
		(createdAfter === undefined || job.createdAt > createdAfter)
	);
}

/** One that ends in a slash means all that begin with it. */
const isOf = (origin: string, wanted: string): boolean =>
	wanted.endsWith('/') ? origin.startsWith(wanted) : origin === wanted;

/** A window shows no more of what others do for this machine. */
const NEWEST = 200;
const OPEN = new Set<string>(['queued', 'running', 'paused']);

/** Hears of changes of jobs elsewhere too. */
export function feedOver(
	feed: Feed,
	changes: (listener: (ids: readonly string[]) => void) => Unsubscribe,
): Feed {
	return {
		onEffects: feed.onEffects,
		onRefused: feed.onRefused,
		touch: () => feed.touch(),
		onChanged(listener) {
			const stops = [feed.onChanged(listener), changes(listener)];
			return () => {
				for (const stop of stops) stop();
			};
		},
	};
}
