/** The log of a job as the text of a document: what it reads like, when each line was written, and where runs begin. */
import { type LogChunk, type LogTime, RUN_MARK } from '../../../shared/protocol/logs.ts';
import { asDocument } from './asDocument.ts';

type Part = Pick<LogChunk, 'text' | 'offset' | 'dropped' | 'times'>;

const GAP = '[…]';
const NEWLINE = '\n';

export function plainText(parts: readonly Part[]): string {
	return asDocument(
		parts.map(({ text, dropped }) => (dropped === undefined ? text : `\n${GAP}\n${text}`)).join(''),
	);
}

/** @param clock How a time of day is said; each the same number of characters. */
export function stampedText(parts: readonly Part[], clock: (at: number) => string): string {
	const lines: string[] = [];
	let line = '';
	let stamp = '';
	const end = () => {
		lines.push(`${stamp} ${asDocument(line)}`.trimEnd());
		line = '';
	};
	for (const { text, offset, dropped, times = [] } of parts) {
		if (dropped !== undefined) {
			if (line !== '') end();
			lines.push(GAP);
		}
		const timeAt = timesInOrder(times);
		let at = offset;
		for (const piece of text.split(/(?<=\n)/)) {
			if (piece === '') continue;
			// A line has the time of its first byte.
			if (line === '') stamp = clock(timeAt(at));
			at += Buffer.byteLength(piece);
			line += piece.endsWith(NEWLINE) ? piece.slice(0, -1) : piece;
			if (piece.endsWith(NEWLINE)) end();
		}
	}
	if (line !== '') end();
	return lines.join(NEWLINE);
}

/** For offsets that only grow. */
function timesInOrder(times: readonly LogTime[]): (offset: number) => number {
	let mark = 0;
	return (offset) => {
		while ((times[mark + 1]?.offset ?? Number.POSITIVE_INFINITY) <= offset) mark++;
		return times[mark]?.at ?? 0;
	};
}

/** To the tenth of a second, as the daemon keeps it. */
export function clockOf(at: number): string {
	const time = new Date(at);
	const two = (value: number) => String(value).padStart(2, '0');
	const tenth = Math.floor(time.getMilliseconds() / 100);
	return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${tenth}`;
}

const RUN = new RegExp(`^(?:\\d\\d:\\d\\d:\\d\\d\\.\\d )?${RUN_MARK.replace('[', '\\[')}\\d+,`);

/** Lines, counted from 0, between which each run stands; a run of one line has nothing to fold. */
export function runsOf(lines: readonly string[]): { readonly from: number; readonly to: number }[] {
	const starts = lines.flatMap((line, at) => (RUN.test(line) ? [at] : []));
	const last = lines.length - 1 - (lines.at(-1) === '' ? 1 : 0);
	return starts
		.map((from, n) => ({ from, to: (starts[n + 1] ?? last + 1) - 1 }))
		.filter(({ from, to }) => to > from);
}
