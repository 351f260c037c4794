import type { Job } from '../../../../shared/job.ts';
import type { LogMatch } from '../../../../shared/protocol/logs.ts';
import { resolveId } from '../../ids.ts';
import { formatBytes } from '../../render/format.ts';
import { plainOutput } from '../../render/plainOutput.ts';
import { verdict } from '../answers/job.ts';
import { matchText } from '../answers/matches.ts';
import { fenced, outputSection } from '../answers/output.ts';
import { type Cut, firstBytes, isRunMark } from '../answers/plain.ts';
import type { ToolArguments } from './arguments.ts';
import { type Answer, type ToolContext, ToolError } from './context.ts';
import { readTail, withoutFirstMark } from './outcome.ts';

type Arguments = ToolArguments<'read_log'>;

/** Lines that match, in one answer. */
const MATCHES = 100;

export async function readLog(args: Arguments, context: ToolContext): Promise<Answer> {
	const { link } = context;
	const id = await resolveId(link, args.job_id);
	const { job } = await link.request('job/get', { id });
	const heading = verdict(job, undefined, context.now());
	const since = await startOf(args, context, job);
	const rest =
		args.grep === undefined
			? await part(args, context, job, since)
			: await matching({ ...args, grep: args.grep }, context, id, since);
	return { text: `${heading}\n${rest}` };
}

/** Where in the log that begins which is meant. */
async function startOf(args: Arguments, { link }: ToolContext, job: Job): Promise<number> {
	if (typeof args.from === 'number') return args.from;
	if (args.run === undefined) return 0;
	const pattern = `[semantica] run ${args.run}, `;
	const { matches } = await link.request('log/search', { id: job.id, pattern, limit: 1 });
	const [mark] = matches;
	if (mark === undefined) {
		throw new ToolError(
			`run: the log has no run ${args.run}; the job has run ${job.run} times, and the middle of a long log is not kept.`,
		);
	}
	return mark.offset;
}

async function part(
	args: Arguments,
	context: ToolContext,
	job: Job,
	since: number,
): Promise<string> {
	const { max_bytes: maxBytes, from } = args;
	// Of one run, its beginning: where it ends only its next tells.
	if (from === 'tail' && args.run === undefined) {
		const shown = await readTail(context, job, { maxBytes });
		return `${outputSection(shown, job.id)}\n${nextOf(shown.nextOffset, shown.nextOffset >= job.logBytes, job)}`;
	}
	const chunk = await context.link.request('log/read', { id: job.id, offset: since, maxBytes });
	const text = withoutFirstMark(plainOutput(chunk.text), since);
	const { dropped } = chunk;
	const shown = {
		text,
		left: 0,
		dropped: dropped === undefined ? 0 : dropped.to - dropped.from,
		nextOffset: chunk.nextOffset,
	};
	return `${outputSection(shown, job.id)}\n${nextOf(chunk.nextOffset, chunk.eof, job)}`;
}

function nextOf(nextOffset: number, isEnd: boolean, job: Job): string {
	const ended = job.finishedAt !== null;
	if (isEnd)
		return ended
			? 'eof: that is the end.'
			: `Next: for new output wait_job {"job_ids":["${job.id}"],"since_offset":${nextOffset}}`;
	return `Next: for more read_log {"job_id":"${job.id}","from":${nextOffset}}`;
}

async function matching(
	args: Arguments & { readonly grep: string },
	{ link }: ToolContext,
	id: string,
	from: number,
): Promise<string> {
	const answer = await link.request('log/search', {
		id,
		pattern: args.grep,
		kind: 'regex',
		caseSensitive: false,
		context: args.context,
		limit: MATCHES,
		from,
	});
	const matches = answer.matches.filter(({ text }) => !isRunMark(text));
	if (matches.length === 0 && !answer.truncated) {
		return `No line matches /${args.grep}/ (case does not count).`;
	}
	const { text, left, count } = fitting(matches, args.max_bytes);
	const next = matches[count]?.offset ?? (answer.truncated ? answer.scannedTo : undefined);
	const cut = left > 0 ? `, ${formatBytes(left)} of them left out` : '';
	const section = fenced(`lines of ${id.slice(-8)} that match, as line:text${cut}`, text);
	if (next !== undefined)
		return `${section}\nNext: for more read_log with "from": ${next}, or a narrower pattern${left > 0 ? ' or less context' : ''}.`;
	return `${section}\n${left > 0 ? 'Next: give a narrower pattern or less context.' : 'These are all.'}`;
}

/** The first ones that fit; of one that is longer than all, its beginning. */
function fitting(matches: readonly LogMatch[], max: number): Cut & { readonly count: number } {
	let text = matchText(matches.slice(0, 1));
	let count = 1;
	for (; count < matches.length; count++) {
		const more = matchText(matches.slice(0, count + 1));
		if (Buffer.byteLength(more) > max) break;
		text = more;
	}
	return { ...firstBytes(text, max), count };
}
