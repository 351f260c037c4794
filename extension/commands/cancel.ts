import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { changeJobs } from './changeJobs.ts';
import type { CommandBody } from './register.ts';

export function cancel(link: Link, picker: JobPicker): CommandBody {
	return changeJobs(link, picker, {
		method: 'job/cancel',
		flag: 'cancellable',
		title: () => l10n.t('Cancel Job'),
		none: () => l10n.t('No job is waiting or running.'),
	});
}
