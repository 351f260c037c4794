import type { QuickPickItem } from 'vscode';
import type { Job } from '../../shared/job.ts';
import { plainLabel } from '../plainLabel.ts';
import type { JobText } from './text/text.ts';
import { rowTitle } from './text/title.ts';

/** A job as a quick pick lists it. */
export function pickItem(
	job: Job,
	text: Pick<JobText, 'state' | 'description'>,
): QuickPickItem & { readonly id: string } {
	const state = text.state(job);
	const description = text.description(job, undefined);
	return {
		id: job.id,
		label: plainLabel(rowTitle(job.title)),
		description: plainLabel(
			description.startsWith(state) ? description : `${state} · ${description}`,
		),
	};
}
