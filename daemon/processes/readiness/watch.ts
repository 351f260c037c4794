/** Waits for the line by which a run says that it is ready. */
import type { LogSource } from '../../../shared/protocol/logs.ts';
import { LineHeads } from './lines.ts';

/** Whether one of the lines matches; looked at elsewhere than on the daemon's thread. */
export type MatchLines = (pattern: string, lines: readonly string[]) => Promise<boolean>;

/** Looks at what a run prints, after masks. */
export interface OutputWatch {
	/** Resolves when that has been looked at: a run prints no faster than it is read. Never rejects. */
	take(source: LogSource, bytes: Buffer): Promise<void>;
	/** That stream has ended. */
	end(source: LogSource): Promise<void>;
}

/** One request's lines: other runs are looked at in between. */
const MOST_LINES = 100;

export function watchForReady(
	pattern: string,
	match: MatchLines,
	found: () => void,
	failed: (error: unknown) => void,
): OutputWatch {
	const streams = new Map<LogSource, LineHeads>();
	let over = false;

	function headsOf(source: LogSource): LineHeads {
		const heads = streams.get(source) ?? new LineHeads();
		streams.set(source, heads);
		return heads;
	}

	async function look(lines: readonly string[]): Promise<void> {
		try {
			for (let at = 0; at < lines.length && !over; at += MOST_LINES) {
				if (!(await match(pattern, lines.slice(at, at + MOST_LINES)))) continue;
				if (!over) found();
				over = true;
			}
		} catch (error) {
			over = true;
			failed(error);
		}
	}

	return {
		take: async (source, bytes) => {
			if (!over) await look(headsOf(source).push(bytes));
		},
		end: async (source) => {
			if (!over) await look(headsOf(source).end());
		},
	};
}

export function watchForAll(watches: readonly OutputWatch[]): OutputWatch | undefined {
	if (watches.length < 2) return watches[0];
	return {
		take: async (source, bytes) => {
			for (const watch of watches) await watch.take(source, bytes);
		},
		end: async (source) => {
			for (const watch of watches) await watch.end(source);
		},
	};
}
