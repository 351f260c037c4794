import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { changeJobs } from './changeJobs.ts';
import type { CommandBody } from './register.ts';

/** Takes an ended job, and its log, off the list. */
export function remove(link: Link, picker: JobPicker): CommandBody {
	return changeJobs(link, picker, {
		method: 'job/remove',
		flag: 'removable',
		title: () => l10n.t('Remove Job'),
		none: () => l10n.t('No job has ended yet.'),
	});
}
