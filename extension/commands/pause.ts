import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { changeJobs } from './changeJobs.ts';
import type { CommandBody } from './register.ts';

export function pause(link: Link, picker: JobPicker): CommandBody {
	return changeJobs(link, picker, {
		method: 'job/pause',
		flag: 'pausable',
		title: () => l10n.t('Pause Job'),
		none: () => l10n.t('There is no job that could be paused.'),
	});
}
