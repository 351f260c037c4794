/** Requests about more jobs than one can name. */
import { l10n, ProgressLocation, window } from 'vscode';
import type { Job } from '../../shared/job.ts';
import type { Method, ParamsInput } from '../../shared/protocol/requests.ts';
import type { Link } from '../connection/link.ts';

/** What a request takes, and what a page has at most. */
const IDS = 1_000;
const PAGE = 200;
const DEADLINE_MS = 600_000;

export type ManyMethod = Extract<
	Method,
	'job/cancel' | 'job/retry' | 'job/pause' | 'job/resume' | 'job/remove'
>;
type Filter = NonNullable<ParamsInput<'job/list'>['filter']>;
export type Targets = { readonly ids: readonly string[] } | { readonly filter: Filter };

/** Those that there are now: what a person is asked about must be what is done. */
export async function idsOf(
	link: Pick<Link, 'request'>,
	filter: Filter,
	keeps: (job: Job) => boolean = () => true,
): Promise<string[]> {
	const ids: string[] = [];
	const title = l10n.t('Looking through the jobs');
	await window.withProgress({ location: ProgressLocation.Window, title }, async () => {
		let cursor: string | undefined;
		do {
			const from = cursor === undefined ? {} : { cursor };
			const page = await link.request('job/list', { filter, limit: PAGE, ...from });
			ids.push(...page.jobs.filter(keeps).map(({ id }) => id));
			cursor = page.nextCursor ?? undefined;
		} while (cursor !== undefined);
	});
	return ids;
}

/** @returns of how many it came true. */
export async function changeMany(
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
