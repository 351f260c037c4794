/** Commands that change schedules: the selected ones, else one that the person picks. */
import type { ScheduleChange } from '../schedules/changes.ts';
import type { SchedulePicker, ScheduleQuestion } from '../schedules/pick.ts';
import type { CommandBody } from './register.ts';

export function changeSchedules(
	picker: SchedulePicker,
	question: ScheduleQuestion,
	change: ScheduleChange,
): CommandBody {
	return async (...args) => {
		const names = await picker(question, args);
		if (names.length > 0) await change(names);
	};
}
