/** Which jobs a command is about when it was not called on a row: the selected ones, else a pick among those that fit. */
import { l10n, window } from 'vscode';
import type { Job } from '../../shared/job.ts';
import { showInformation } from '../messages.ts';
import { pickItem } from './pickItem.ts';
import type { JobStore } from './store/store.ts';
import type { JobText } from './text/text.ts';

export interface JobQuestion {
	readonly title: string;
	/** Said instead when no job fits. */
	readonly none: string;
	fits(job: Job): boolean;
}

export interface JobPicker {
	/** The row a command was called on with those selected together with it. */
	whole(id: string): readonly string[];
	/** Selected rows that fit, where the view is in sight; else as `ask`. */
	pick(question: JobQuestion): Promise<string[]>;
	/** None when the person changed their mind or no job fits. */
	ask(question: JobQuestion): Promise<string[]>;
}

export function createJobPicker(
	store: Pick<JobStore, 'top'>,
	/** Those that the view shows. */
	shown: Pick<JobStore, 'get'>,
	text: JobText,
	/** Resolves once the store holds the daemon's jobs. */
	loaded: () => Promise<void>,
	/** Ids of the selected rows that a person sees. */
	selection: () => readonly string[],
): JobPicker {
	const picker: JobPicker = {
		whole: (id) => (selection().includes(id) ? selection() : [id]),
		async pick(question) {
			const fitting = selection().filter((id) => {
				const job = shown.get(id);
				return job !== undefined && question.fits(job);
			});
			return fitting.length > 0 ? fitting : picker.ask(question);
		},
		async ask({ title, none, fits }) {
			await loaded();
			const jobs = store.top().filter(fits);
			if (jobs.length === 0) {
				void showInformation(none);
				return [];
			}
			const items = jobs.map((job) => pickItem(job, text));
			const picked = await window.showQuickPick(items, {
				title,
				placeHolder: l10n.t('Choose a job'),
				matchOnDescription: true,
			});
			return picked === undefined ? [] : [picked.id];
		},
	};
	return picker;
}
