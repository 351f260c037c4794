import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { jobFlags } from '../jobs/store/flags.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

export function approve(link: Link, picker: JobPicker): CommandBody {
	const question = {
		title: l10n.t('Approve Command of an AI Tool'),
		none: l10n.t('Nothing waits for your approval.'),
		fits: (job: Parameters<typeof jobFlags>[0]) => jobFlags(job).includes('approvable'),
	};
	return async (...args) => {
		const { askInDialog } = await import('../ai/approvals.ts');
		for (const id of await meantJobs(picker, question, args)) {
			await askInDialog(link, (await link.request('job/get', { id })).job);
		}
	};
}
