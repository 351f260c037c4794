/** Changes to all jobs of a group, of those that the view shows. */
import { l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import { VIEWS } from '../contributions.ts';
import type { JobsFilter } from '../jobs/filter/filter.ts';
import { groupOfRow } from './arguments.ts';
import { changeMany, idsOf, type ManyMethod } from './manyJobs.ts';
import type { CommandBody } from './register.ts';

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
	{ method, question, done }: GroupChange,
): CommandBody {
	return async (node) => {
		const group = groupOfRow(node);
		if (group === undefined) return;
		const listed = filter.listed(group);
		// The daemon knows text and states; which folders are of this window is known here.
		const narrows = !filter.wish.everywhere && filter.hasFolders;
		const targets =
			narrows || question !== undefined
				? { ids: await idsOf(link, listed, (job) => !narrows || filter.keeps(job)) }
				: { filter: listed };
		if (question !== undefined && 'ids' in targets) {
			if (targets.ids.length === 0) return;
			const { message, yes } = question(String(targets.ids.length));
			const detail = l10n.t('Those that the view shows under this heading.');
			if ((await window.showWarningMessage(message, { modal: true, detail }, yes)) !== yes) return;
		}
		const count = await window.withProgress({ location: { viewId: VIEWS.jobs } }, () =>
			changeMany(link, method, targets),
		);
		window.setStatusBarMessage(`$(check) ${done(count)}`, 4_000);
	};
}
