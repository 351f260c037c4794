import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobsFilter } from '../jobs/filter/filter.ts';
import { changeGroup } from './groupJobs.ts';
import type { CommandBody } from './register.ts';

/** Runs all jobs of a group again. */
export function retryGroup(link: Link, filter: JobsFilter): CommandBody {
	return changeGroup(link, filter, {
		method: 'job/retry',
		question: (count) => ({
			message: l10n.t('Run {0} jobs again?', count),
			yes: l10n.t('Run Again'),
		}),
		done: (count) => l10n.t('{0} run again.', count),
	});
}
