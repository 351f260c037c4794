import { resolveIds } from '../../ids.ts';
import { plural } from '../../render/format.ts';
import { plainLine } from '../answers/plain.ts';
import { BOUNDS, type ToolArguments } from './arguments.ts';
import type { Answer, ToolContext } from './context.ts';

export async function cancelJob(
	{ job_ids: given, tag, reason }: ToolArguments<'cancel_job'>,
	{ link }: ToolContext,
): Promise<Answer> {
	// A filter means what was started here; the daemon sees to it.
	const targets =
		given === undefined ? { filter: { tag } } : { ids: await resolveIds(link, given) };
	const { count, skipped, skippedCount } = await link.request('job/cancel', targets);
	const lines = [
		count === 0
			? 'NOTHING to stop.'
			: `ASKED TO STOP: ${plural(count, 'job')}${reason === undefined ? '' : ` (${plainLine(reason)})`}; its processes get 5 seconds to end by themselves, then they are killed.`,
	];
	for (const { id, reason } of skipped.slice(0, 20)) lines.push(`${id}: ${plainLine(reason)}`);
	const more = skippedCount - Math.min(20, skipped.length);
	if (more > 0) lines.push(`and ${more} more that were not stopped.`);
	lines.push(
		count === 0 || given === undefined
			? 'Next: list_jobs {"mine":true,"state":"open"} shows what is left.'
			: waitFor(given),
	);
	return { text: lines.join('\n') };
}

function waitFor(ids: readonly string[]): string {
	const some = ids.slice(0, BOUNDS.jobsPerWait);
	const gone = some.length === ids.length ? 'all is gone' : 'these are gone; then the others';
	return `Next: wait_job ${JSON.stringify({ job_ids: some })} answers when ${gone}.`;
}
