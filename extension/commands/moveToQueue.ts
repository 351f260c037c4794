import { l10n, type QuickPickItem, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import type { CommandBody } from './register.ts';
import { forAll, updateJobs } from './updateJobs.ts';

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** One that is there, or a new one. */
export function moveToQueue(link: Link, picker: JobPicker): CommandBody {
	return updateJobs(link, picker, l10n.t('Move to Queue'), async (ids) => {
		const { queues } = await link.request('queue/list', {});
		const items = queues.map(({ name, running, queued }): QuickPickItem & { name?: string } => ({
			label: name,
			description: l10n.t('{0} running, {1} waiting', running, queued),
			name,
		}));
		const other: (typeof items)[number] = { label: l10n.t('Another Queue…') };
		const picked = await window.showQuickPick([...items, other], {
			title: l10n.t('Move to Queue'),
		});
		if (picked === undefined) return undefined;
		const queue = picked.name ?? (await askForName());
		return queue === undefined ? undefined : forAll(ids, { queue });
	});
}

function askForName(): Thenable<string | undefined> {
	return window.showInputBox({
		title: l10n.t('Move to Queue'),
		prompt: l10n.t('It is there as soon as a job is in it.'),
		validateInput: (name) =>
			name === '' || NAME.test(name)
				? undefined
				: l10n.t('Up to 64 letters, digits, _ and - make a name.'),
	});
}
