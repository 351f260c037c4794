/** Which schedules a command is about: those it was called on, the selected ones that fit, else one that a person picks. */
import { l10n, window } from 'vscode';
import type { Schedule } from '../../shared/protocol/schedules.ts';
import { scheduleNames } from '../commands/arguments.ts';
import type { Link } from '../connection/link.ts';
import { showInformation } from '../messages.ts';
import { plainLabel } from '../plainLabel.ts';
import { listSchedules } from './subscription.ts';
import type { ScheduleText } from './text.ts';

export interface ScheduleQuestion {
	readonly title: string;
	/** Said instead when there are schedules and none fits. */
	readonly none: string;
	fits(schedule: Schedule): boolean;
}

/** @returns their names; none when the person changed their mind or no schedule fits. */
export type SchedulePicker = (
	question: ScheduleQuestion,
	args: readonly unknown[],
) => Promise<readonly string[]>;

export function createSchedulePicker(
	link: Pick<Link, 'request'>,
	text: Pick<ScheduleText, 'description'>,
	/** The selected rows that a person sees. */
	selection: () => readonly unknown[],
): SchedulePicker {
	return async ({ title, none, fits }, args) => {
		const meant = scheduleNames(args[0], args[1]);
		if (meant.length > 0) return meant;
		const schedules = await listSchedules(link);
		const fitting = schedules.filter(fits);
		const selected = scheduleNames(undefined, selection());
		const chosen = fitting.map(({ name }) => name).filter((name) => selected.includes(name));
		if (chosen.length > 0) return chosen;
		if (fitting.length === 0) {
			const nothing = l10n.t('There are no schedules yet: Schedule Command… makes one.');
			void showInformation(schedules.length === 0 ? nothing : none);
			return [];
		}
		const items = fitting.map((schedule) => ({
			name: schedule.name,
			label: plainLabel(schedule.name),
			description: plainLabel(text.description(schedule)),
		}));
		const options = { title, placeHolder: l10n.t('Choose a schedule'), matchOnDescription: true };
		const picked = await window.showQuickPick(items, options);
		return picked === undefined ? [] : [picked.name];
	};
}
