/** Waiting for jobs, and what there is to say about them then. */
import type { Job } from '../../../../shared/job.ts';
import { isFinished } from '../../../../shared/jobTerms.ts';
import { problemCountsText } from '../../../../shared/problemTerms.ts';
import type { Result } from '../../../../shared/protocol/requests.ts';
import { plainOutput } from '../../render/plainOutput.ts';
import { problemLine } from '../../render/problems.ts';
import { facts, nextStep, verdict } from '../answers/job.ts';
import { outputSection, type Shown } from '../answers/output.ts';
import { lastBytes, plainLine } from '../answers/plain.ts';
import { questionLines } from '../answers/question.ts';
import type { ToolContext } from './context.ts';

/** How often whoever waits is told that it goes on: below what hosts take for silence. */
export const HEARTBEAT_MS = 5000;
/** Of a log more is read than shown: terminal codes and progress displays shrink. */
const READ_BYTES = 256 * 1024;
const MAX_PIECES = 8;
/** By which two clocks may differ in a wait. */
const CLOCK_MS = 20;

interface Wait {
	readonly mode: 'any' | 'all';
	readonly seconds: number;
	readonly until?: 'ended' | 'ready';
}

/** Whatever comes of the wait, the jobs go on. What one of them asks its person ends it, unless that was told. */
export async function waitFor(
	context: ToolContext,
	ids: readonly string[],
	{ mode, seconds, until = 'ended' }: Wait,
): Promise<Result<'job/wait'>> {
	const begun = context.now();
	const deadline = begun + seconds * 1000;
	for (;;) {
		const left = Math.max(0, deadline - context.now());
		const timeoutMs = Math.round(
			context.progress === undefined ? left : Math.min(left, HEARTBEAT_MS),
		);
		const asks = context.questions.after(ids);
		const asked = { ids: [...ids], mode, until, timeoutMs, asks };
		const askedAt = context.now();
		const answer = await context.link.request('job/wait', asked, context.signal);
		const now = context.now();
		// What cannot come any more is answered before the time is over.
		const isDecided = answer.satisfied || now - askedAt < timeoutMs - CLOCK_MS;
		if (isDecided || now >= deadline) return answer;
		const [first] = answer.jobs;
		if (first !== undefined) {
			context.progress?.((now - begun) / 1000, verdict(first, undefined, now));
		}
	}
}

/** The end of the output, from `since` on at the earliest. */
export async function readTail(
	{ link }: Pick<ToolContext, 'link'>,
	{ id, logBytes }: Pick<Job, 'id' | 'logBytes'>,
	{ maxBytes, since = 0 }: { readonly maxBytes: number; readonly since?: number },
): Promise<Shown> {
	let offset = Math.max(since, logBytes - READ_BYTES);
	const begun = offset;
	let dropped = 0;
	let raw = '';
	for (let pieces = 0; pieces < MAX_PIECES; pieces++) {
		const chunk = await link.request('log/read', { id, offset, maxBytes: READ_BYTES });
		raw += chunk.text;
		if (chunk.dropped !== undefined) dropped += chunk.dropped.to - chunk.dropped.from;
		offset = chunk.nextOffset;
		if (chunk.eof || Buffer.byteLength(chunk.text) < READ_BYTES - 4) break;
	}
	const { text, left } = lastBytes(withoutFirstMark(plainOutput(raw), begun), maxBytes);
	return { text, left: left + begun - since, dropped, nextOffset: offset };
}

/** The line that tells the first run from others says nothing where the answer says all of it. */
export function withoutFirstMark(text: string, offset: number): string {
	return offset === 0 ? text.replace(/^\[semantica\] run 1, [^\n]*\n/, '') : text;
}

export interface Told {
	readonly maxBytes: number;
	readonly since?: number;
}

/** All that is said of one job after a wait. */
export async function outcomeOf(context: ToolContext, job: Job, told: Told): Promise<string> {
	const { link } = context;
	const explanation =
		job.state === 'queued' ? await link.request('job/explain', { id: job.id }) : undefined;
	const lines = [verdict(job, explanation, context.now()), facts(job)];
	if (job.question != null) {
		lines.push(...questionLines(job.question));
		context.questions.told(job.id, job.question);
	}
	if (job.error !== null && job.state !== 'succeeded' && job.exitCode !== null) {
		lines.push(...resultError(job));
	}
	lines.push(...(await firstErrors(context, job)));
	if (told.maxBytes > 0 && (job.run > 0 || job.logBytes > 0)) {
		lines.push(outputSection(await readTail(context, job, told), job.id));
	}
	return lines.join('\n');
}

/** As many are told; the rest is told how to find. */
const TOLD_ERRORS = 10;

/** What it reported, in the words of programs. */
export async function firstErrors(
	{ link }: Pick<ToolContext, 'link'>,
	{ id, problems, command }: Job,
): Promise<string[]> {
	// A daemon of an older build does not tell.
	if (!problems) return [];
	const { first, ...counts } = problems;
	const all = counts.errors + counts.warnings + counts.infos;
	const told = all === first.length ? first : (await link.request('job/errors', { id })).problems;
	const shown = told.slice(0, TOLD_ERRORS);
	const more = all > shown.length ? [`and ${all - shown.length} more in its output`] : [];
	return [
		`it reported ${problemCountsText(counts)} (untrusted):`,
		...shown.map((one) => plainLine(`  ${problemLine(one, command?.cwd ?? undefined)}`, 400)),
		...more,
	];
}

/** What the program itself said of its failure, where that is more than its exit code. */
function resultError({ error, exitCode }: Job): string[] {
	const message = error?.message ?? '';
	return message === '' || message.includes(`${exitCode}`)
		? []
		: [plainOutput(message).slice(0, 500)];
}

export async function answerAbout(
	context: ToolContext,
	job: Job,
	told: Told,
): Promise<{ readonly text: string; readonly isError?: boolean }> {
	const text = `${await outcomeOf(context, job, told)}\n${nextStep(job)}`;
	const isError = isFinished(job.state) && job.state !== 'succeeded';
	return isError ? { text, isError } : { text };
}
