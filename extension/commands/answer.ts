import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { jobFlags } from '../jobs/store/flags.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

export function answer(link: Link, picker: JobPicker): CommandBody {
	const question = {
		title: l10n.t('Answer a Job'),
		none: l10n.t('No job waits for an answer.'),
		fits: (job: Parameters<typeof jobFlags>[0]) => jobFlags(job).includes('answerable'),
	};
	return async (...args) => {
		const { askFor } = await import('../questions/ask.ts');
		for (const id of await meantJobs(picker, question, args)) {
			await askFor(link, (await link.request('job/get', { id })).job);
		}
	};
}
