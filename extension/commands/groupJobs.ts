/** Changes to all jobs of a group, of those that the view shows. */
import { l10n, ProgressLocation, window } from 'vscode';
import type { Method } from '../../shared/protocol/requests.ts';
import type { Link } from '../connection/link.ts';
import { VIEWS } from '../contributions.ts';
import type { JobsFilter } from '../jobs/filter/filter.ts';
import type { Group } from '../jobs/store/groups.ts';
import { groupOfRow } from './arguments.ts';
import type { CommandBody } from './register.ts';

/** What a request takes, and what a page has at most. */
const IDS = 1_000;
const PAGE = 200;
const DEADLINE_MS = 600_000;

type ManyMethod = Extract<
	Method,
	'job/cancel' | 'job/retry' | 'job/pause' | 'job/resume' | 'job/remove'
>;
type Targets = { readonly ids: string[] } | { readonly filter: ReturnType<JobsFilter['listed']> };

export interface GroupChange {
	readonly method: ManyMethod;
	/** Asked first, of so many jobs; undefined: it can be taken back, so nobody is asked. */
	readonly question?: (count: string) => { readonly message: string; readonly yes: string };
	/** Said in the status bar. */
	done(count: number): string;
}

export function changeGroup(
	link: Pick<Link, 'request'>,
	filter: JobsFilter,
	change: GroupChange,
): CommandBody {
	return async (node) => {
		const group = groupOfRow(node);
		if (group === undefined) return;
		const targets = await targetsOf(link, filter, group);
		if (change.question !== undefined) {
			const count = await countOf(link, targets);
			if (count === '0') return;
			const { message, yes } = change.question(count);
			const detail = l10n.t('Those that the view shows under this heading.');
			if ((await window.showWarningMessage(message, { modal: true, detail }, yes)) !== yes) return;
		}
		const count = await window.withProgress({ location: { viewId: VIEWS.jobs } }, () =>
			apply(link, change.method, targets),
		);
		window.setStatusBarMessage(`$(check) ${change.done(count)}`, 4_000);
	};
}

/** The daemon knows text and states; which folders are of this window is known here. */
async function targetsOf(
	link: Pick<Link, 'request'>,
	filter: JobsFilter,
	group: Group,
): Promise<Targets> {
	const listed = filter.listed(group);
	if (filter.wish.everywhere || !filter.hasFolders) return { filter: listed };
	const ids: string[] = [];
	await window.withProgress(
		{ location: ProgressLocation.Window, title: l10n.t('Looking through the jobs') },
		async () => {
			let cursor: string | null = null;
			do {
				const page: { jobs: { id: string }[]; nextCursor: string | null } = await link
					.request('job/list', {
						filter: listed,
						limit: PAGE,
						...(cursor === null ? {} : { cursor }),
					})
					.then(({ jobs, nextCursor }) => ({
						jobs: jobs.filter((job) => filter.keeps(job)),
						nextCursor,
					}));
				ids.push(...page.jobs.map(({ id }) => id));
				cursor = page.nextCursor;
			} while (cursor !== null);
		},
	);
	return { ids };
}

async function countOf(link: Pick<Link, 'request'>, targets: Targets): Promise<string> {
	if ('ids' in targets) return String(targets.ids.length);
	const { total } = await link.request('job/list', { filter: targets.filter, limit: 1 });
	return total.exact ? String(total.value) : l10n.t('more than {0}', total.value);
}

async function apply(
	link: Pick<Link, 'request'>,
	method: ManyMethod,
	targets: Targets,
): Promise<number> {
	if ('filter' in targets) return (await link.request(method, targets, DEADLINE_MS)).count;
	let count = 0;
	for (let at = 0; at < targets.ids.length; at += IDS) {
		const ids = targets.ids.slice(at, at + IDS);
		count += (await link.request(method, { ids }, DEADLINE_MS)).count;
	}
	return count;
}
