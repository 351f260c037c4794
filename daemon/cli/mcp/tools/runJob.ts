import { randomUUID } from 'node:crypto';
import type { JobSpecInput } from '../../../../shared/job.ts';
import { shellSurroundings } from '../../../../shared/surroundings.ts';
import { resolveIds } from '../../ids.ts';
import { ownPath } from '../../parse/environment.ts';
import { given } from '../../parse/given.ts';
import { plural } from '../../render/format.ts';
import type { ToolArguments } from './arguments.ts';
import { type Answer, type ToolContext, ToolError } from './context.ts';
import { assertOptions, isElsewhere, sendingOf } from './elsewhere.ts';
import { folderOf } from './folders.ts';
import { answerAbout, waitFor } from './outcome.ts';

type Arguments = ToolArguments<'run_job'>;
type KeyedSpec = JobSpecInput & { readonly key: string };

const SUPERSEDE = { replace: 'queued', abort: 'abort', queue: 'none' } as const;

export async function runJob(args: Arguments, context: ToolContext): Promise<Answer> {
	const { link } = context;
	const cwd = await folderOf('cwd', args.cwd);
	const after = await resolveIds(link, args.start_when?.after ?? []);
	const spec = specOf(args, { cwd, after, env: context.env });
	const { jobs } = isElsewhere(args)
		? await link.request('job/send', { jobs: [sendingOf(args, spec, cwd)] })
		: await link.request('job/enqueue', { jobs: [spec] });
	const [enqueued] = jobs;
	if (enqueued === undefined) throw new ToolError('The daemon answered without a job.');
	const { id } = enqueued;
	// It is durable now: whatever becomes of this call, it is there.
	if (context.wantsTask) return { text: '', task: id };
	const { jobs: waited } = await waitFor(context, [id], {
		mode: 'all',
		seconds: args.wait_seconds,
		until: args.serves === undefined ? 'ended' : 'ready',
	});
	const [job] = waited;
	if (job === undefined) return { text: `The job ${id} ended and was removed.` };
	const answer = await answerAbout(context, job, { maxBytes: args.max_output_bytes });
	// Under a key that was made here it is this call's own, taken by a daemon that was killed before it answered.
	const existing = enqueued.existing && args.key !== undefined;
	return { ...answer, text: [...notes({ ...enqueued, existing }), answer.text].join('\n') };
}

/** What a model has to know before anything else. */
function notes({
	existing,
	superseded,
}: {
	readonly existing: boolean;
	readonly superseded: readonly string[];
}): string[] {
	const lines: string[] = [];
	if (existing) lines.push('A job with this key was there already; nothing new was started.');
	if (superseded.length > 0) lines.push(`It replaces ${plural(superseded.length, 'older job')}.`);
	return lines;
}

interface Place {
	/** Resolved. */
	readonly cwd: string;
	readonly after: readonly string[];
	readonly env: ToolContext['env'];
}

/** @throws ToolError for what no schema says */
export function specOf(args: Arguments, { cwd, after, env }: Place): KeyedSpec {
	const { command, shell, start_when: start } = args;
	assertOptions(args);
	const when = start?.not_before === undefined ? undefined : timeOf(start.not_before);
	return given({
		type: 'command',
		command: {
			...(args.recipe === undefined ? wordsOf(command, shell) : { command: '-', args: [] }),
			cwd,
			env: { ...ownPath(env), ...args.env },
			shell,
		},
		surroundings: shellSurroundings(env),
		key: args.key ?? `mcp-${randomUUID()}`,
		title: args.title,
		tag: args.tag,
		queue: args.queue,
		subject: args.subject,
		supersede: args.subject === undefined ? undefined : SUPERSEDE[args.on_newer],
		...endsOf(args),
		runAt: when,
		after: after.length === 0 ? undefined : after.map((id) => ({ id })),
		constraints: given({
			// Started by hand, so at any charge.
			minBattery: 0,
			power: start?.mains === true ? ('ac' as const) : undefined,
			idle: start?.idle,
			event: start?.event,
		}),
	});
}

/** A server has no end, but a time by which it is ready. */
function endsOf({ timeout_seconds: seconds, retries, serves }: Arguments) {
	const timeoutMs = Math.round(seconds * 1000);
	// Who may be run again when it fails may be after an interruption too.
	if (serves === undefined)
		return { timeoutMs, maxAttempts: retries + 1, restartable: retries > 0 };
	if (serves.restart && retries > 0) {
		throw new ToolError('retries: serves.restart begins it anew already; leave one out.');
	}
	return {
		ready: given({ pattern: serves.line, port: serves.port, timeoutMs }),
		restart: serves.restart ? { policy: 'on-failure' as const } : undefined,
		maxAttempts: retries + 1,
		restartable: serves.restart || retries > 0,
	};
}

function wordsOf(command: Arguments['command'], shell: boolean) {
	if (typeof command === 'string') {
		if (shell) return { command, args: [] };
		throw new ToolError(
			`command: a string is for shell: true. Without a shell give its words: ${JSON.stringify(command.trim().split(/\s+/).slice(0, 20))}.`,
		);
	}
	if (shell) throw new ToolError('command: with shell: true give one string.');
	const [program = '', ...args] = command;
	if (program === '') throw new ToolError('command: the first word must name a program.');
	return { command: program, args };
}

function timeOf(text: string): number {
	const time = Date.parse(text);
	if (Number.isFinite(time) && time >= 0) return time;
	throw new ToolError(
		`start_when.not_before: "${text}" is no ISO 8601 time, as in 2026-03-01T09:00:00Z.`,
	);
}
