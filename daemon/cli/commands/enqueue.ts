import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { formatCount, plural } from '../render/format.ts';
import { examples, JSON_OPTION } from './help.ts';
import {
	checkJobs,
	type EnqueuedFile,
	enqueueAll,
	readJobs,
	submitAll,
	type Target,
} from './jobs.ts';

interface Options {
	readonly key?: string;
	readonly on?: string;
	readonly pool?: string;
	readonly home?: boolean;
	readonly json?: boolean;
}

export function addEnqueueCommand(program: Command, context: Context): void {
	program
		.command('enqueue')
		.summary('enqueue jobs from a JSON file')
		.description(
			'Enqueues the jobs of a file: one job, an array, {"jobs": [...]} or one job per line. ' +
				'All are checked before the first is sent. Up to 1,000 are enqueued all or none; more go in several ' +
				'requests, and if one of these is refused the message says how many jobs were enqueued before. ' +
				'Give --key, correct the file and run the same command again: what is enqueued already is not doubled.',
		)
		.argument('<file>', 'a file, or - for standard input')
		.option('--key <text>', 'gives job N without a key of its own the key <text>-N')
		.option('--on <machine>', 'another machine runs them (semantica fleet)')
		.option('--pool <name>', 'whichever machines work for this pool run them')
		.option('--home', 'in the home folder there, and not in an empty folder of their own each')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica enqueue jobs.json', 'from a file'],
				['./make-jobs | semantica enqueue -', 'one JSON object per line'],
				['semantica enqueue --key import-7 jobs.jsonl', 'safe to repeat'],
				['semantica enqueue --pool eval jobs.jsonl', 'for other machines'],
			),
		)
		.addHelpText(
			'after',
			`
A job:
  {"type": "command", "title": "Say hello", "priority": 10,
   "command": {"command": "echo", "args": ["hello"]}}

"after": [{"index": 0}] waits until the first job of the file has succeeded, ["build"] until the one
with "name": "build" has, [{"id": …}] for one that is there already; "on": "ended" is content with any end, "ready" with a job that
serves and is so: "ready": {"pattern": "listening on"}.

A command without "cwd", PATH or "surroundings" gets those of this shell.`,
		)
		.action((file: string, options: Options) => enqueue(context, file, options));
}

async function enqueue(context: Context, file: string, options: Options): Promise<void> {
	const read = await readJobs(context, file);
	const target = targetOf(options);
	const specs = await checkJobs(context, read, options.key, { here: target === undefined });
	const { jobs, connection } =
		target === undefined
			? await enqueueAll(context, specs, read, options.key)
			: await submitAll(context, specs, read, { key: options.key, target });
	connection.dispose();
	if (options.json) context.out.json({ jobs });
	else {
		context.out.lines(jobs.map((job) => job.id));
		if (context.err.stream.isTTY) context.err.say(summary(jobs), context.err.style.dim);
	}
}

/** Undefined for this machine. */
function targetOf({ on, pool, home }: Options): Target | undefined {
	if (on !== undefined && pool !== undefined) throw usageError('--on and --pool name two places.');
	if (on === undefined && pool === undefined) {
		if (home === true) throw usageError('--home goes with --on or --pool.');
		return undefined;
	}
	return {
		...(on === undefined ? {} : { on }),
		...(pool === undefined ? {} : { pool }),
		place: { kind: home === true ? 'home' : 'scratch' },
	};
}

function summary(done: EnqueuedFile['jobs']): string {
	const existing = done.filter((job) => job.existing).length;
	const text = `${plural(done.length - existing, 'job')} enqueued.`;
	return existing === 0 ? text : `${text} ${formatCount(existing)} existed already.`;
}
