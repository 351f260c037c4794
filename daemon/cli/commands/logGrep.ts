/** `logs --grep`: the lines that match, as grep shows them; the daemon searches. */
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { LogMatch } from '../../../shared/protocol/logs.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { formatMoment } from '../render/format.ts';
import type { Style } from '../render/style.ts';

export interface GrepOptions {
	readonly pattern: string;
	readonly fixed: boolean;
	readonly ignoreCase: boolean;
	/** Lines around each. */
	readonly around: number;
	readonly timestamps: boolean;
	readonly json: boolean;
	readonly from: number;
}

const AT_ONCE = 200;

/** As grep does, 1 is for nothing found. */
export async function grepLog(
	context: Context,
	connection: DaemonConnection,
	id: string,
	options: GrepOptions,
): Promise<void> {
	const { out } = context;
	const asked: ParamsInput<'log/search'> = {
		id,
		pattern: options.pattern,
		kind: options.fixed ? 'text' : 'regex',
		caseSensitive: !options.ignoreCase,
		context: options.around,
		limit: AT_ONCE,
	};
	let from = options.from;
	let found = 0;
	const page = createPage(out.style, options.around > 0);
	for (;;) {
		const answer = await connection.request('log/search', { ...asked, from });
		for (const match of answer.matches) {
			found++;
			const at = options.timestamps ? await timeOf(connection, id, match.offset) : undefined;
			if (options.json) {
				out.stream.write(`${JSON.stringify(at === undefined ? match : { ...match, at })}\n`);
			} else out.lines(page.add(match, at));
		}
		if (!answer.truncated || answer.scannedTo <= from) break;
		from = answer.scannedTo;
	}
	out.lines(page.end());
	if (found === 0) {
		if (!options.json) context.err.say('No line matches.');
		process.exitCode = EXIT.error;
	}
}

interface Line {
	readonly number: number | null;
	readonly text: string;
}

/** Lines around a match are shown once, and not where they match themselves. */
function createPage(style: Style, isApart: boolean) {
	/** Behind the last match. */
	let after: Line[] = [];
	let last: number | null | undefined;

	const row = ({ number, text }: Line, mark: string) =>
		`${style.dim(`${number ?? '?'}${mark}`)}${text}`;
	const around = (lines: readonly Line[]) => lines.map((line) => row(line, '-'));

	return {
		add({ line, text, before, after: behind }: LogMatch, at: number | undefined): string[] {
			const numbered = (lines: readonly string[], first: number): Line[] =>
				lines.map((words, i) => ({ number: line === null ? null : line + first + i, text: words }));
			const until = (one: Line) => line === null || one.number === null || one.number < line;
			const shownAfter = after.filter(until);
			const shown = shownAfter.at(-1)?.number ?? last ?? 0;
			const isNew = ({ number }: Line) => number === null || number > shown;
			const shownBefore = numbered(before, -before.length).filter(isNew);
			const first = shownBefore[0]?.number ?? line;
			const follows = first !== null && first <= shown + 1;
			const gap = isApart && last !== undefined && !follows ? ['--'] : [];
			const time = at === undefined ? '' : `${style.dim(formatMoment(at))} `;
			after = numbered(behind, 1);
			last = line;
			const match = row({ number: line, text: `${time}${text}` }, ':');
			return [...around(shownAfter), ...gap, ...around(shownBefore), match];
		},
		end: () => around(after),
	};
}

async function timeOf(
	connection: DaemonConnection,
	id: string,
	offset: number,
): Promise<number | undefined> {
	const asked = { id, offset, maxBytes: 4, timestamps: true };
	const { times = [] } = await connection.request('log/read', asked);
	return times[0]?.at;
}
