import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobsFilter } from '../jobs/filter/filter.ts';
import { changeGroup } from './groupJobs.ts';
import type { CommandBody } from './register.ts';

/** Cancels all jobs of a group. */
export function cancelGroup(link: Link, filter: JobsFilter): CommandBody {
	return changeGroup(link, filter, {
		method: 'job/cancel',
		question: (count) => ({
			message: l10n.t('Cancel {0} jobs? What runs is ended with all its processes.', count),
			yes: l10n.t('Cancel Jobs'),
		}),
		done: (count) => l10n.t('{0} cancelled.', count),
	});
}
