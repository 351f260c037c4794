/** What is done to schedules on their rows: Run Now, Pause, Resume, Remove. */
import { l10n, window } from 'vscode';
import { jobNodes, scheduleNames } from '../commands/arguments.ts';
import type { CommandBody } from '../commands/register.ts';
import type { Link } from '../connection/link.ts';
import type { Reporter } from '../status/reporter.ts';

type Change = (names: readonly string[]) => Promise<void>;

export interface ScheduleChanges {
	readonly run: Change;
	readonly pause: Change;
	readonly resume: Change;
	readonly remove: Change;
}

export function createScheduleChanges(
	link: Pick<Link, 'request'>,
	reporter: Pick<Reporter, 'command'>,
): ScheduleChanges {
	const enable =
		(enabled: boolean): Change =>
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

/** A command about jobs that also does its like to the schedules among the rows it was called on. */
export function alsoOnSchedules(jobs: CommandBody, change: Change): CommandBody {
	return async (...args) => {
		const names = scheduleNames(args[0], args[1]);
		if (names.length > 0) await change(names);
		if (names.length === 0 || jobNodes(args[0], args[1]).length > 0) await jobs(...args);
	};
}
