/** Which jobs a command is about when it was not called on a row: a pick among those that fit. */
import { l10n, type QuickPickItem, window } from 'vscode';
import type { Job } from '../../shared/job.ts';
import { plainLabel } from '../plainLabel.ts';
import type { JobStore } from './store.ts';
import type { JobText } from './text.ts';

export interface JobQuestion {
	readonly title: string;
	/** Said instead when no job fits. */
	readonly none: string;
	fits(job: Job): boolean;
}

export interface JobPicker {
	/** None when the person changed their mind or no job fits. */
	pick(question: JobQuestion): Promise<string[]>;
}

export function createJobPicker(
	store: JobStore,
	text: JobText,
	/** Resolves once the store holds the daemon's jobs. */
	loaded: () => Promise<void>,
): JobPicker {
	return {
		async pick({ title, none, fits }) {
			await loaded();
			const jobs = store.top().filter(fits);
			if (jobs.length === 0) {
				void window.showInformationMessage(none);
				return [];
			}
			const items = jobs.map((job): QuickPickItem & { id: string } => {
				const state = text.state(job);
				const description = text.description(job, undefined);
				return {
					id: job.id,
					label: plainLabel(job.title),
					description: plainLabel(
						description.startsWith(state) ? description : `${state} · ${description}`,
					),
				};
			});
			const picked = await window.showQuickPick(items, {
				title,
				placeHolder: l10n.t('Choose a job'),
				matchOnDescription: true,
			});
			return picked === undefined ? [] : [picked.id];
		},
	};
}
