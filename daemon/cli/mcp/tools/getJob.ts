import type { Result } from '../../../../shared/protocol/requests.ts';
import { resolveId } from '../../ids.ts';
import { costText } from '../../render/cost.ts';
import { formatDuration, formatTime } from '../../render/format.ts';
import { childrenSummary } from '../../render/progress.ts';
import { facts, nextStep, verdict } from '../answers/job.ts';
import { plainLine } from '../answers/plain.ts';
import { questionLines } from '../answers/question.ts';
import type { ToolArguments } from './arguments.ts';
import type { Answer, ToolContext } from './context.ts';
import { firstErrors } from './outcome.ts';

const SHOWN_RUNS = 5;

export async function getJob(
	{ job_id }: ToolArguments<'get_job'>,
	context: ToolContext,
): Promise<Answer> {
	const { link } = context;
	const found = await link.request('job/get', { id: await resolveId(link, job_id) });
	return { text: jobText(found, await firstErrors(context, found.job), context.now()) };
}

/** Environment values and payloads are not in it: the daemon never tells them. */
export function jobText(
	{ job, runs, explanation }: Result<'job/get'>,
	errors: readonly string[],
	now: number,
): string {
	const lines = [verdict(job, explanation, now), facts(job)];
	if (job.command !== null) {
		const { command, args, env } = job.command;
		lines.push(`command: ${plainLine(JSON.stringify([command, ...args]), 1000)}`);
		if (env.length > 0) lines.push(`env set: ${plainLine(env.join(', '), 500)}`);
	}
	lines.push(
		`asked for by ${plainLine(job.origin)} at ${formatTime(job.createdAt)}, queue ${job.queue}`,
	);
	if (job.question != null) lines.push(...questionLines(job.question));
	if (job.tag !== null) lines.push(`tag ${plainLine(job.tag)}`);
	if (job.after.length > 0) {
		lines.push(`after ${job.after.map(({ id, on }) => `${id} (${on})`).join(', ')}`);
	}
	if (explanation.usualMs !== undefined) {
		lines.push(`usually takes ${formatDuration(explanation.usualMs)}`);
	}
	const cost = costText(job.cost);
	if (cost !== undefined) lines.push(`cost: ${cost}`);
	const children = childrenSummary(job.children);
	if (children !== '') lines.push(`children: ${children}`);
	if (job.error !== null) lines.push(`last error: ${plainLine(job.error.message, 500)}`);
	lines.push(...errors);
	if (job.result !== null) lines.push(`result: ${plainLine(JSON.stringify(job.result), 1000)}`);
	if (runs.length > SHOWN_RUNS) lines.push(`runs: the last ${SHOWN_RUNS} of ${runs.length}`);
	for (const run of runs.slice(-SHOWN_RUNS)) lines.push(runText(run, now));
	lines.push(`log: ${job.logBytes} bytes`, nextStep(job));
	return lines.join('\n');
}

function runText(run: Result<'job/get'>['runs'][number], now: number): string {
	const time = formatDuration((run.endedAt ?? now) - run.startedAt);
	const end = run.endedAt === null ? 'runs' : `ended (${run.reason ?? 'exit'})`;
	const code = run.exitCode === null ? '' : `, exit code ${run.exitCode}`;
	return `run ${run.run}: ${end} after ${time}${code}`;
}
