/** What is done to schedules: run, pause, resume, remove. */
import { l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { Reporter } from '../status/reporter.ts';

export type ScheduleChange = (names: readonly string[]) => Promise<void>;

export interface ScheduleChanges {
	readonly run: ScheduleChange;
	readonly pause: ScheduleChange;
	readonly resume: ScheduleChange;
	readonly remove: ScheduleChange;
}

export function createScheduleChanges(
	link: Pick<Link, 'request'>,
	reporter: Pick<Reporter, 'command'>,
): ScheduleChanges {
	const enable =
		(enabled: boolean): ScheduleChange =>
		async (names) => {
			for (const name of names) await link.request('schedule/update', { name, enabled });
		};
	return {
		run: async (names) => {
			for (const name of names) reporter.command((await link.request('schedule/run', { name })).id);
		},
		pause: enable(false),
		resume: enable(true),
		remove: async (names) => {
			const remove = l10n.t('Remove');
			const [name = '', ...others] = names;
			const question =
				others.length === 0
					? l10n.t('Remove the schedule {0}?', name)
					: l10n.t('Remove {0} schedules?', names.length);
			const choice = await window.showWarningMessage(
				question,
				{ modal: true, detail: l10n.t('Jobs that it began stay.') },
				remove,
			);
			if (choice !== remove) return;
			for (const each of names) await link.request('schedule/remove', { name: each });
		},
	};
}
