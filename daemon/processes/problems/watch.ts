/** Looks for problems in what a run prints, line by line, each stream for itself. */
import type { Matcher, Problem } from '../../../shared/problems.ts';
import type { LogSource } from '../../../shared/protocol/logs.ts';
import { LineHeads } from '../readiness/lines.ts';
import type { OutputWatch } from '../readiness/watch.ts';
import { decodeLine } from './decode.ts';
import { NOTHING_BEGUN, type Scanned, type ScanRequest, type ScanState } from './scan.ts';

/** On another thread than the daemon's. */
export type ScanLines = (request: ScanRequest) => Promise<Scanned>;

export interface ProblemWatchOptions {
	/** Which matchers are meant may take a look at the disk. Never rejects. */
	readonly matchers: Promise<readonly Matcher[]>;
	readonly cwd: string;
	readonly workspace: string;
	readonly scan: ScanLines;
	readonly found: (problem: Problem) => void;
	readonly failed: (error: unknown) => void;
}

/** One request's lines: other runs are looked at in between. */
const MOST_LINES = 200;

export function watchForProblems(options: ProblemWatchOptions): OutputWatch {
	const { cwd, workspace, scan, found, failed } = options;
	const streams = new Map<LogSource, { readonly heads: LineHeads; state: ScanState }>();
	let over = false;

	function streamOf(source: LogSource) {
		const stream = streams.get(source) ?? {
			heads: new LineHeads(decodeLine),
			state: NOTHING_BEGUN,
		};
		streams.set(source, stream);
		return stream;
	}

	async function look(source: LogSource, lines: readonly string[]): Promise<void> {
		if (lines.length === 0) return;
		const matchers = await options.matchers;
		if (matchers.length === 0) over = true;
		const stream = streamOf(source);
		try {
			for (let at = 0; at < lines.length && !over; at += MOST_LINES) {
				const part = lines.slice(at, at + MOST_LINES);
				const scanned = await scan({ matchers, cwd, workspace, lines: part, state: stream.state });
				stream.state = scanned.state;
				for (const problem of scanned.problems) found(problem);
			}
		} catch (error) {
			if (!over) failed(error);
			over = true;
		}
	}

	return {
		take: async (source, bytes) => {
			if (!over) await look(source, streamOf(source).heads.push(bytes));
		},
		end: async (source) => {
			if (!over) await look(source, streamOf(source).heads.end());
		},
	};
}
