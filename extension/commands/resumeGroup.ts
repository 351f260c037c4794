import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobsFilter } from '../jobs/filter/filter.ts';
import { changeGroup } from './groupJobs.ts';
import type { CommandBody } from './register.ts';

/** Has all jobs of a group go on. */
export function resumeGroup(link: Link, filter: JobsFilter): CommandBody {
	return changeGroup(link, filter, {
		method: 'job/resume',
		done: (count) => l10n.t('{0} resumed.', count),
	});
}
