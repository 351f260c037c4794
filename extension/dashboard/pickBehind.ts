/** The jobs behind a figure, as a list to choose from; choosing one opens its log. */
import { l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import { pickItem } from '../jobs/pickItem.ts';
import type { JobText } from '../jobs/text/text.ts';
import { showInformation } from '../messages.ts';
import { jobsBehind, MOST } from './behind.ts';
import type { JobsBehind } from './messages.ts';

/** @returns the id of the chosen job. */
export async function pickBehind(
	link: Pick<Link, 'request'>,
	text: Pick<JobText, 'state' | 'description'>,
	wanted: JobsBehind,
): Promise<string | undefined> {
	const jobs = await jobsBehind(link, wanted);
	const items = jobs.map((job) => ({ ...pickItem(job, text), detail: job.queue }));
	if (items.length === 0) {
		void showInformation(l10n.t('No such job is kept any more.'));
		return undefined;
	}
	const picked = await window.showQuickPick(items, {
		title: l10n.t('Semantica Dashboard: Jobs'),
		placeHolder:
			items.length === MOST
				? l10n.t('The first {0}; choose one to see its log', MOST)
				: l10n.t('Choose one to see its log'),
		matchOnDescription: true,
		matchOnDetail: true,
	});
	return picked?.id;
}
