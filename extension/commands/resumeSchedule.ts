import { l10n } from 'vscode';
import type { ScheduleChanges } from '../schedules/changes.ts';
import type { SchedulePicker, ScheduleQuestion } from '../schedules/pick.ts';
import { changeSchedules } from './changeSchedules.ts';
import type { CommandBody } from './register.ts';

export function resumeSchedule(picker: SchedulePicker, changes: ScheduleChanges): CommandBody {
	const question: ScheduleQuestion = {
		title: l10n.t('Resume Schedule'),
		none: l10n.t('No schedule is paused.'),
		fits: ({ enabled }) => !enabled,
	};
	return changeSchedules(picker, question, changes.resume);
}
