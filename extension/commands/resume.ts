import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { changeJobs } from './changeJobs.ts';
import type { CommandBody } from './register.ts';

export function resume(link: Link, picker: JobPicker): CommandBody {
	return changeJobs(link, picker, {
		method: 'job/resume',
		flag: 'resumable',
		title: () => l10n.t('Resume Job'),
		none: () => l10n.t('No job is paused.'),
	});
}
