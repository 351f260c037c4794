import { l10n } from 'vscode';
import type { ScheduleChanges } from '../schedules/changes.ts';
import type { SchedulePicker, ScheduleQuestion } from '../schedules/pick.ts';
import { changeSchedules } from './changeSchedules.ts';
import type { CommandBody } from './register.ts';

/** Runs what a schedule runs, once, beside its times. */
export function runSchedule(picker: SchedulePicker, changes: ScheduleChanges): CommandBody {
	const question: ScheduleQuestion = {
		title: l10n.t('Run Schedule Now'),
		none: '',
		fits: () => true,
	};
	return changeSchedules(picker, question, changes.run);
}
