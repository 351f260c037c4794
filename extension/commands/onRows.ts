import type { ScheduleChange } from '../schedules/changes.ts';
import { jobNodes, scheduleNames } from './arguments.ts';
import type { CommandBody } from './register.ts';

/** Of rows: does to jobs and to schedules what is meant by it, on those it was called on, else on the selected ones. */
export function onRows(
	jobs: CommandBody,
	schedules: ScheduleChange,
	selection: () => readonly unknown[],
): CommandBody {
	return async (...args) => {
		const rows = args.length > 0 ? args : [undefined, selection()];
		const names = scheduleNames(rows[0], rows[1]);
		if (names.length > 0) await schedules(names);
		if (names.length === 0) await jobs(...args);
		else if (jobNodes(rows[0], rows[1]).length > 0) await jobs(...rows);
	};
}
