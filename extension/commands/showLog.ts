import { l10n } from 'vscode';
import type { JobPicker } from '../jobs/pick.ts';
import { jobFlags } from '../jobs/store/flags.ts';
import { jobNode } from './arguments.ts';
import type { CommandBody } from './register.ts';

/** Opens the log of the row, or of a job that is asked for. */
export function showLog(
	open: (id: string) => Promise<void>,
	picker: JobPicker,
	title = l10n.t('Show Log'),
): CommandBody {
	return async (node) => {
		const row = jobNode(node);
		const [id] =
			row !== undefined
				? [row.id]
				: await picker.pick({
						title,
						none: l10n.t('No job has started yet, so there is no log to show.'),
						fits: (job) => jobFlags(job).includes('logged'),
					});
		if (id !== undefined) await open(id);
	};
}
