import { l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import { GROUP_STATES } from '../jobs/store/groups.ts';
import { showInformation } from '../messages.ts';
import { changeMany, idsOf } from './manyJobs.ts';
import type { CommandBody } from './register.ts';

/** Takes what is under Finished off the list, with its logs, once the person has seen how many that are. */
export function clearFinished(link: Link): CommandBody {
	return async () => {
		const ids = await idsOf(link, { state: GROUP_STATES.finished, parentId: null });
		if (ids.length === 0) {
			void showInformation(l10n.t('No job has finished.'));
			return;
		}
		const clear = l10n.t('Clear Finished');
		const choice = await window.showWarningMessage(
			ids.length === 1
				? l10n.t('Remove 1 finished job and its log?')
				: l10n.t('Remove {0} finished jobs and their logs?', ids.length),
			{ modal: true, detail: l10n.t('Of every folder on this machine. What failed stays.') },
			clear,
		);
		if (choice !== clear) return;
		const removed = await changeMany(link, 'job/remove', { ids });
		window.setStatusBarMessage(l10n.t('$(check) {0} removed.', removed), 4_000);
	};
}
