import type { Schedule } from '../../../shared/protocol/schedules.ts';
import { dayAndTime, explainSchedule, whenText } from '../../../shared/scheduleText.ts';
import { formatAge, formatBytes, formatDuration } from './format.ts';
import { commandText, row } from './show.ts';
import { stateIcon } from './state.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { oneLine } from './text.ts';

/** One line per schedule: name, when, next, last, what it runs, and what is to be known beside that. */
export function renderScheduleTable(
	schedules: readonly Schedule[],
	now: number,
	view: View,
): string[] {
	const { style } = view;
	const next = ({ enabled, nextAt, firesAt }: Schedule): string => {
		if (!enabled) return view.plain ? 'paused' : style.yellow('paused');
		if (nextAt === null) return style.dim('never');
		return formatAge(Math.max(firesAt ?? nextAt, now), now);
	};
	const last = ({ last }: Schedule): string => {
		if (last === null) return '';
		const age = formatAge(last.firedAt, now);
		if (last.state === null) return age;
		return view.plain ? `${age}, ${last.state}` : `${stateIcon(last.state, style)} ${age}`;
	};
	return renderTable(
		[
			{ header: 'NAME', cells: schedules.map(({ name }) => style.bold(name)), rank: 0 },
			{
				header: 'WHEN',
				cells: schedules.map(({ when, timezone }) => whenText(when, timezone)),
				min: 12,
				rank: 1,
			},
			{ header: 'NEXT', cells: schedules.map(next), rank: 0 },
			{ header: 'LAST', cells: schedules.map(last), rank: 2 },
			{
				header: 'RUNS',
				cells: schedules.map(({ spec }) => oneLine(spec.title)),
				min: 16,
				rank: 3,
			},
			{ header: 'NOTE', cells: schedules.map(noteOf), min: 12, rank: 4 },
		],
		view,
	);
}

/** What went otherwise than it should. */
function noteOf({ lastError, missedTimes, overlapped }: Schedule): string {
	if (lastError !== null) return oneLine(lastError.message);
	return [
		...(missedTimes === null ? [] : [`missed ${missedTimes.count}, ran ${missedTimes.ran}`]),
		...(overlapped === 0 ? [] : [`passed ${overlapped}: still busy`]),
	].join(', ');
}

/** A daemon of an older build does not tell. */
function afterText({ after = [] }: Schedule['spec']): string | undefined {
	const texts = after.map((one) => {
		const which =
			'schedule' in one
				? `of schedule ${one.schedule}`
				: `of type ${one.type}, subject ${one.subject}`;
		return `the newest job ${which} ${one.on === 'ready' ? 'is' : 'has'} ${one.on}`;
	});
	return texts.length === 0 ? undefined : texts.join(', ');
}

/** All that there is to say of one. */
export function renderSchedule(schedule: Schedule, now: number, view: View): string[] {
	const { spec, timezone, nextAt, firesAt, jitterMs, unfinished } = schedule;
	const at = (time: number | null) => (time === null ? undefined : dayAndTime(time, timezone));
	const jobs = [
		...(unfinished.running === 0 ? [] : [`${unfinished.running} running`]),
		...(unfinished.queued === 0 ? [] : [`${unfinished.queued} waiting`]),
	].join(', ');
	const rows: readonly (readonly [label: string, value: string | undefined])[] = [
		['when', whenText(schedule.when, timezone)],
		['time zone', timezone],
		['next', at(nextAt)],
		['fires', firesAt === nextAt ? undefined : at(firesAt)],
		['jitter', jitterMs === 0 ? undefined : `up to ${formatDuration(jitterMs)}`],
		['start', at(schedule.startAt)],
		['end', at(schedule.endAt)],
		['missed', schedule.missed],
		['overlap', schedule.overlap],
		['last job', schedule.last?.jobId],
		['unfinished', jobs === '' ? undefined : jobs],
		['after', afterText(spec)],
		['command', commandText(spec)],
		['folder', spec.command?.cwd ?? spec.workspace ?? undefined],
		['queue', spec.priority === 0 ? spec.queue : `${spec.queue}, priority ${spec.priority}`],
		['tag', spec.tag ?? undefined],
		['payload', spec.payloadBytes === 0 ? undefined : formatBytes(spec.payloadBytes)],
	];
	return [
		view.style.bold(schedule.name),
		...row('', explainSchedule(schedule, now), view),
		...rows.flatMap(([label, value]) =>
			value === undefined ? [] : row(label, oneLine(value), view),
		),
	];
}
