import { l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import { GROUP_STATES } from '../jobs/store/groups.ts';
import type { CommandBody } from './register.ts';

/** Takes what is under Finished off the list, with its logs, once the person has seen how many that are. */
export function clearFinished(link: Link): CommandBody {
	return async () => {
		const filter = { state: GROUP_STATES.finished, parentId: null };
		const { total } = await link.request('job/list', { filter, limit: 1 });
		if (total.value === 0) {
			void window.showInformationMessage(l10n.t('No job has finished.'));
			return;
		}
		const clear = l10n.t('Clear Finished');
		const choice = await window.showWarningMessage(
			total.value === 1
				? l10n.t('Remove 1 finished job and its log?')
				: l10n.t('Remove {0} finished jobs and their logs?', count(total)),
			{ modal: true, detail: l10n.t('Of every folder on this machine. What failed stays.') },
			clear,
		);
		if (choice !== clear) return;
		const removed = await link.request('job/remove', { filter }, 600_000);
		window.setStatusBarMessage(l10n.t('$(check) {0} removed.', removed.count), 4_000);
	};
}

const count = ({ value, exact }: { value: number; exact: boolean }) =>
	exact ? String(value) : l10n.t('more than {0}', value);
