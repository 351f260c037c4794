import { l10n } from 'vscode';
import type { JobPicker } from '../jobs/pick.ts';
import { jobFlags } from '../jobs/store/flags.ts';
import type { JobLogs } from '../logs/channels.ts';
import { jobNode } from './arguments.ts';
import type { CommandBody } from './register.ts';

export function showLog(logs: JobLogs, picker: JobPicker): CommandBody {
	return async (node) => {
		const row = jobNode(node);
		const [id] =
			row !== undefined
				? [row.id]
				: await picker.pick({
						title: l10n.t('Show Log'),
						none: l10n.t('No job has started yet, so there is no log to show.'),
						fits: (job) => jobFlags(job).includes('logged'),
					});
		if (id !== undefined) await logs.show(id);
	};
}
