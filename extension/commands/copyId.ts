import { env, l10n, window } from 'vscode';
import type { JobPicker } from '../jobs/pick.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

/** The ids of the selected jobs, a line each, as the command line takes them. */
export function copyId(picker: JobPicker): CommandBody {
	return async (...args) => {
		const question = {
			title: l10n.t('Copy Job Id'),
			none: l10n.t('There are no jobs yet.'),
			fits: () => true,
		};
		const ids = await meantJobs(picker, question, args);
		if (ids.length === 0) return;
		await env.clipboard.writeText(ids.join('\n'));
		window.setStatusBarMessage(l10n.t('$(check) Copied.'), 2_000);
	};
}
