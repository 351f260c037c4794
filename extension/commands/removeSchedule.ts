import { l10n } from 'vscode';
import type { ScheduleChanges } from '../schedules/changes.ts';
import type { SchedulePicker, ScheduleQuestion } from '../schedules/pick.ts';
import { changeSchedules } from './changeSchedules.ts';
import type { CommandBody } from './register.ts';

/** Asks before it does. */
export function removeSchedule(picker: SchedulePicker, changes: ScheduleChanges): CommandBody {
	const question: ScheduleQuestion = {
		title: l10n.t('Remove Schedule'),
		none: '',
		fits: () => true,
	};
	return changeSchedules(picker, question, changes.remove);
}
