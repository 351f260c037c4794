import { l10n } from 'vscode';
import type { ScheduleChanges } from '../schedules/changes.ts';
import type { SchedulePicker, ScheduleQuestion } from '../schedules/pick.ts';
import { changeSchedules } from './changeSchedules.ts';
import type { CommandBody } from './register.ts';

export function pauseSchedule(picker: SchedulePicker, changes: ScheduleChanges): CommandBody {
	const question: ScheduleQuestion = {
		title: l10n.t('Pause Schedule'),
		none: l10n.t('All schedules are paused.'),
		fits: ({ enabled }) => enabled,
	};
	return changeSchedules(picker, question, changes.pause);
}
