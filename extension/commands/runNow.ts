import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { changeJobs } from './changeJobs.ts';
import type { CommandBody } from './register.ts';

/** Starts a waiting job without what it waits for, this once. */
export function runNow(link: Link, picker: JobPicker): CommandBody {
	return changeJobs(link, picker, {
		method: 'job/runNow',
		flag: 'runnable',
		title: () => l10n.t('Run Job Now'),
		none: () => l10n.t('No job is waiting.'),
	});
}
