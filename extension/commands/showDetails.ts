import { l10n } from 'vscode';
import type { JobDetails } from '../jobs/details.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

/** Opens the whole story of a job. */
export function showDetails(details: Pick<JobDetails, 'show'>, picker: JobPicker): CommandBody {
	return async (...args) => {
		const question = {
			title: l10n.t('Show Details'),
			none: l10n.t('There are no jobs yet.'),
			fits: () => true,
		};
		const [id] = await meantJobs(picker, question, args);
		if (id !== undefined) await details.show(id);
	};
}
