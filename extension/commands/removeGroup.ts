import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobsFilter } from '../jobs/filter/filter.ts';
import { changeGroup } from './groupJobs.ts';
import type { CommandBody } from './register.ts';

/** Takes all jobs of a group off the list, with their logs. */
export function removeGroup(link: Link, filter: JobsFilter): CommandBody {
	return changeGroup(link, filter, {
		method: 'job/remove',
		question: (count) => ({
			message: l10n.t('Remove {0} jobs and their logs?', count),
			yes: l10n.t('Remove Jobs'),
		}),
		done: (count) => l10n.t('{0} removed.', count),
	});
}
