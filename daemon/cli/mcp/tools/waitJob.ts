import type { Job } from '../../../../shared/job.ts';
import { isFinished } from '../../../../shared/jobTerms.ts';
import type { Result } from '../../../../shared/protocol/requests.ts';
import { resolveIds } from '../../ids.ts';
import { nextStep } from '../answers/job.ts';
import type { ToolArguments } from './arguments.ts';
import { type Answer, type ToolContext, ToolError } from './context.ts';
import { outcomeOf, waitFor } from './outcome.ts';
import { type Found, waitForLine } from './waitForLine.ts';

/** Of output, for all jobs together. */
const OUTPUT_BYTES = 6000;
const LEAST_BYTES = 500;

export async function waitJob(
	args: ToolArguments<'wait_job'>,
	context: ToolContext,
): Promise<Answer> {
	const { since_offset: since = 0, until, mode } = args;
	if (args.since_offset !== undefined && args.job_ids.length > 1) {
		throw new ToolError('since_offset: it belongs to one job; wait for that one alone.');
	}
	const ids = await resolveIds(context.link, args.job_ids);
	const wanted = { mode, seconds: args.timeout_seconds };
	const pattern = until?.pattern;
	const found =
		pattern === undefined
			? undefined
			: await waitForLine(context, ids, { ...wanted, pattern, since });
	const waited = await waitFor(context, ids, {
		mode,
		seconds: found === undefined ? args.timeout_seconds : 0,
		until: until?.ready === true ? 'ready' : 'ended',
	});
	const { jobs, removed = [] } = waited;
	const maxBytes = Math.max(LEAST_BYTES, Math.floor(OUTPUT_BYTES / ids.length));
	const unknown = context.questions.after(ids);
	const asking = jobs.filter(({ id, question }) => (question?.askedAt ?? 0) > (unknown[id] ?? 0));
	const parts: string[] = [];
	for (const job of jobs) parts.push(await outcomeOf(context, job, { maxBytes, since }));
	for (const { id, state } of removed)
		parts.push(`${state.toUpperCase()}: job ${id}, which is not kept any more`);
	return {
		text: [
			heading(waited, { found: found ?? [], isReady: until?.ready === true, asking }),
			...parts,
			nextOf(jobs, asking, args.timeout_seconds),
		].join('\n\n'),
	};
}

interface Heading {
	readonly found: readonly Found[];
	/** That is what was waited for. */
	readonly isReady: boolean;
	/** Those that ask something that the model does not know yet. */
	readonly asking: readonly Job[];
}

function heading(
	{ jobs, satisfied }: Result<'job/wait'>,
	{ found, isReady, asking }: Heading,
): string {
	if (found.length > 0) return found.map(({ line }) => `MATCHED: ${line}`).join('\n');
	const ended = jobs.filter(({ state }) => isFinished(state)).length;
	const count = `${ended} of ${jobs.length} ended`;
	if (satisfied) return isReady ? `READY; ${count}.` : `DONE: ${count}.`;
	const [asks] = asking;
	if (asks !== undefined) {
		const which = asking.length === 1 ? `${asks.id} asks` : `${asking.length} jobs ask`;
		return `INPUT REQUIRED: ${which} its person something; ${count}.`;
	}
	return isReady && ended > 0 ? `NOT READY: ${count}.` : `TIME OVER: ${count}; the others go on.`;
}

function nextOf(jobs: readonly Job[], [asks]: readonly Job[], seconds: number): string {
	if (asks !== undefined) return `${nextStep(asks)}\nThen wait_job again: it goes on waiting.`;
	const open = jobs.filter(({ state }) => !isFinished(state));
	const [first] = open;
	if (first === undefined) {
		const failed = jobs.find(({ state }) => state !== 'succeeded');
		return failed === undefined ? 'Next: nothing to wait for.' : nextStep(failed);
	}
	const asked = { job_ids: open.map(({ id }) => id), timeout_seconds: seconds };
	return `Next: do something else meanwhile, or wait_job ${JSON.stringify(asked)}`;
}
