/** Follows the jobs of a graph to their end and shows them: redrawn in place, or a line for each change. */
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job } from '../../../shared/job.ts';
import type { Context } from '../context.ts';
import type { Output } from '../output.ts';
import {
	type GraphJob,
	mostTelling,
	renderCounts,
	renderGraph,
	renderJobs,
	stateOf,
} from '../render/graph.ts';
import { cut } from '../render/text.ts';
import { createEnds } from './ends.ts';
import { RUNS_AGAIN, reconnect } from './reconnect.ts';
import { openScreen } from './screen.ts';
import { type FollowedJobs, watchMany } from './watchMany.ts';

export interface GraphFollower {
	/** Resolves with all of them, in order, once they have ended. Takes over the connection. */
	follow(): Promise<readonly GraphJob[]>;
	/** As far as they are known. */
	graph(): readonly GraphJob[];
	dispose(): void;
}

/** Shows how the graph goes. */
export interface GraphView {
	changed(graph: readonly GraphJob[]): void;
	note(sentence: string): void;
	close(): void;
}

export function createGraphFollower(
	context: Context,
	first: DaemonConnection,
	started: readonly GraphJob[],
	view: GraphView,
): GraphFollower {
	let connection = first;
	let disposed = false;
	const ids = started.map(({ id }) => id);
	const followed: FollowedJobs = { jobs: new Map(), open: new Set(ids) };
	const graph = () => started.map((one) => ({ ...one, job: followed.jobs.get(one.id) }));
	const changed = () => view.changed(graph());

	/** What a job may see of its children is how they end. */
	async function followEnds(): Promise<void> {
		const told = (job: Job | { readonly id: string }) => {
			if ('title' in job) followed.jobs.set(job.id, job);
			changed();
		};
		const again = () => view.note(RUNS_AGAIN);
		const how = { any: false, until: 'ended', followRetries: false } as const;
		const timeout = Number.POSITIVE_INFINITY;
		await createEnds(context.daemon, connection, { ...how, timeout, told, again }).wait(ids);
	}

	return {
		graph,
		async follow() {
			if (context.daemon.caller !== undefined) await followEnds();
			else {
				while (followed.open.size > 0) {
					try {
						await watchMany(connection, followed, changed);
					} catch (error) {
						if (disposed || !(error instanceof ConnectionClosed)) throw error;
						connection.dispose();
						const [id = ''] = followed.open;
						connection = await reconnect(context.daemon, id, connection.server, {
							isOver: () => disposed,
						});
						if (disposed) connection.dispose();
						view.note(RUNS_AGAIN);
					}
				}
			}
			return graph();
		},
		dispose() {
			disposed = true;
			connection.dispose();
		},
	};
}

/** Lines that the moving view leaves free, for what the shell had there. */
const MARGIN = 2;
const USUAL_ROWS = 24;

export function liveGraph(output: Output): GraphView {
	const since = Date.now();
	let shown: readonly GraphJob[] = [];
	const screen = openScreen(output.stream, () => {
		const now = Date.now();
		const view = output.view();
		const room = Math.max(3, (output.stream.rows ?? USUAL_ROWS) - MARGIN - 1);
		const fits = shown.length <= room;
		const rows = fits
			? renderGraph(shown, now, view)
			: renderJobs(mostTelling(shown, room), shown, now, view);
		if (shown.length === 0) return [];
		return [...rows, cut(renderCounts(shown, now - since, view), view.width - 1, view.style)];
	});
	return {
		changed(graph) {
			shown = graph;
			screen.refresh();
		},
		note: (sentence) => screen.print(`${output.style.yellow(sentence)}\n`),
		close: () => screen.close(),
	};
}

/** First all of it, then a line for each job that starts or ends. */
export function plainGraph(output: Output): GraphView {
	const told = new Map<string, string>();
	return {
		changed(graph) {
			const moved = graph.filter(
				(one) => one.job !== undefined && told.get(one.id) !== wordOf(one),
			);
			if (moved.length > 0) output.lines(renderJobs(moved, graph, Date.now(), output.view()));
			for (const one of moved) told.set(one.id, wordOf(one));
		},
		note: (sentence) => output.lines([sentence]),
		close: () => {},
	};
}

function wordOf(one: GraphJob): string {
	return `${stateOf(one)} ${one.job?.readyAt ?? ''}`;
}

/** For --json, whose only output is the result. */
export const silentGraph: GraphView = { changed: () => {}, note: () => {}, close: () => {} };
