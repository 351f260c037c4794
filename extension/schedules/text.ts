/** Schedules in words. Rows tell times of day, not distances: so no timer has to draw them anew. */
import type { JobState } from '../../shared/jobTerms.ts';
import type { Schedule } from '../../shared/protocol/schedules.ts';
import { explainSchedule, whenText } from '../../shared/scheduleText.ts';
import type { Translate } from '../jobs/text/text.ts';

export interface ScheduleText {
	/** When it is due next, and what became of the last time. */
	description(schedule: Schedule): string;
	/** A row for a screen reader. */
	aloud(schedule: Schedule, description: string): string;
	explanation(schedule: Schedule): string;
	/** The facts of a tooltip as name and value, in reading order. */
	facts(schedule: Schedule): [name: string, value: string][];
}

export function createScheduleText(
	t: Translate,
	time: (at: number) => string,
	now: () => number,
): ScheduleText {
	const last: Record<JobState, string> = {
		queued: t('one waits to start'),
		running: t('one is running'),
		paused: t('one is paused'),
		succeeded: t('last succeeded'),
		failed: t('last failed'),
		cancelled: t('last cancelled'),
		superseded: t('last replaced by a newer job'),
		expired: t('last expired'),
	};

	const next = ({ enabled, nextAt, firesAt }: Schedule): string => {
		if (!enabled) return t('paused');
		if (nextAt === null) return t('will not be due again');
		return t('next {0}', time(firesAt ?? nextAt));
	};

	const before = (schedule: Schedule): string | undefined => {
		if (schedule.unfinished.running > 0) return last.running;
		if (schedule.unfinished.queued > 0) return last.queued;
		if (schedule.lastError !== null) return t('last refused');
		const state = schedule.last?.state ?? undefined;
		return state === undefined ? undefined : last[state];
	};

	return {
		description: (schedule) =>
			[next(schedule), before(schedule)].filter((part) => part !== undefined).join(' · '),
		aloud: ({ name }, description) => t('Schedule {0}, {1}', name, description),
		explanation: (schedule) => explainSchedule(schedule, now()),
		facts: (schedule) => {
			const { spec, when, timezone } = schedule;
			const facts: [string, string | null][] = [
				[t('When'), whenText(when, timezone)],
				[t('Time zone'), timezone],
				[t('Title'), spec.title],
				[t('Command'), spec.command && [spec.command.command, ...spec.command.args].join(' ')],
				[t('Folder'), spec.command?.cwd ?? null],
				[t('Queue'), spec.queue],
			];
			return facts.filter((fact): fact is [string, string] => fact[1] !== null);
		},
	};
}
