import type { Command } from 'commander';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { createGraphFollower, liveGraph, plainGraph, silentGraph } from '../follow/graph.ts';
import { listenForInterrupt } from '../follow/interrupt.ts';
import { type GraphJob, renderCounts, renderGraph, renderJobs, stateOf } from '../render/graph.ts';
import type { View } from '../render/style.ts';
import { examples, JSON_OPTION } from './help.ts';
import { checkJobs, enqueueAll, readJobs } from './jobs.ts';

interface Options {
	readonly key?: string;
	readonly json?: boolean;
}

/** At its end a larger graph is not drawn whole, but so many of those that did not succeed. */
const MOST_DRAWN = 100;

export function addGraphCommand(program: Command, context: Context): void {
	program
		.command('graph')
		.summary('enqueue jobs that wait for each other, and watch them')
		.description(
			'Enqueues the jobs of a file as enqueue does, draws which waits for which, and follows them to their end. ' +
				'Ends with 0 if all succeeded, with 4 if one did not. Ctrl-C stops the watching, not the jobs.',
		)
		.argument('<file>', 'a file, or - for standard input')
		.option('--key <text>', 'gives job N without a key of its own the key <text>-N')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica graph release.json', 'watch it in the terminal'],
				['./make-graph | semantica graph - && ./deploy', 'go on if all succeeded'],
			),
		)
		.addHelpText(
			'after',
			`
Three jobs, one per line; each waits only for jobs before it:
  {"name": "build", "type": "command", "command": {"command": "make"}}
  {"name": "serve", "type": "command", "command": {"command": "./serve"}, "after": ["build"],
   "ready": {"pattern": "listening on"}}
  {"name": "test", "type": "command", "command": {"command": "npm", "args": ["test"]},
   "after": ["build", {"name": "serve", "on": "ready"}]}`,
		)
		.action((file: string, options: Options) => graph(context, file, options));
}

async function graph(context: Context, file: string, options: Options): Promise<void> {
	const read = await readJobs(context, file);
	const specs = await checkJobs(context, read, options.key);
	const { jobs, connection } = await enqueueAll(context, specs, read, options.key);
	const places = new Map(jobs.map(({ id }, at) => [id, at]));
	const started = specs.map(
		(spec, n): GraphJob => ({
			id: jobs[n]?.id ?? '',
			title: spec.title ?? spec.type,
			job: undefined,
			after: placesOf(spec, places),
		}),
	);
	await watch(context, started, connection, options);
}

/** Jobs of other files are none of the graph. */
function placesOf({ after = [] }: JobSpecInput, places: ReadonlyMap<string, number>): number[] {
	return after.flatMap(({ id, index }) => {
		if (index !== undefined) return index;
		return places.get(id ?? '') ?? [];
	});
}

async function watch(
	context: Context,
	started: readonly GraphJob[],
	connection: Parameters<typeof createGraphFollower>[1],
	options: Options,
): Promise<void> {
	const { out, err } = context;
	const since = Date.now();
	const view = options.json ? silentGraph : out.live ? liveGraph(out) : plainGraph(out);
	const follower = createGraphFollower(context, connection, started, view);
	const interrupt = listenForInterrupt();
	// However watching ends before the jobs do, a script must not take it for success.
	process.exitCode = EXIT.interrupted;
	try {
		const ended = await Promise.race([follower.follow(), interrupt.happened]);
		view.close();
		const shown = ended ?? follower.graph();
		if (options.json !== true) {
			const now = Date.now();
			if (out.live) out.lines(lastPicture(shown, now, out.view()));
			out.lines([renderCounts(shown, now - since, out.view())]);
		}
		if (ended === undefined) {
			err.say('Not watching any more; the jobs go on. Look again with: semantica list');
			return;
		}
		if (options.json) out.json({ jobs: ended.flatMap(({ job }) => job ?? []) });
		const allSucceeded = ended.every((one) => stateOf(one) === 'succeeded');
		process.exitCode = allSucceeded ? EXIT.done : EXIT.jobFailed;
	} catch (error) {
		view.close();
		throw error;
	} finally {
		interrupt.stop();
		follower.dispose();
	}
}

function lastPicture(graph: readonly GraphJob[], now: number, view: View): string[] {
	if (graph.length <= MOST_DRAWN) return renderGraph(graph, now, view);
	const others = graph.filter((one) => stateOf(one) !== 'succeeded').slice(0, MOST_DRAWN);
	return others.length === 0 ? [] : renderJobs(others, graph, now, view);
}
