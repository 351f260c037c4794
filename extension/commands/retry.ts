import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { changeJobs } from './changeJobs.ts';
import type { CommandBody } from './register.ts';

export function retry(link: Link, picker: JobPicker): CommandBody {
	return changeJobs(link, picker, {
		method: 'job/retry',
		flag: 'retryable',
		title: () => l10n.t('Retry Job'),
		none: () => l10n.t('No job has failed or ended that could be run again.'),
	});
}
