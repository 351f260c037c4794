/** Lines of a log that match, with those around them, as grep shows them: each once. */
import type { LogMatch } from '../../../../shared/protocol/logs.ts';
import { plainOutput } from '../../render/plainOutput.ts';

/** Behind a part of a log that is not kept, lines have no numbers: there each match stands for itself. */
export function matchText(matches: readonly LogMatch[]): string {
	const rows = new Map<number, string>();
	const unnumbered: string[] = [];
	for (const { line, text, before, after } of matches) {
		if (line === null) {
			const around = (lines: readonly string[]) => lines.map((one) => `?-${one}`);
			unnumbered.push([...around(before), `?:${text}`, ...around(after)].join('\n'));
			continue;
		}
		const around = (lines: readonly string[], first: number) => {
			for (const [i, one] of lines.entries()) {
				const at = first + i;
				if (!rows.has(at)) rows.set(at, `${at}-${one}`);
			}
		};
		around(before, line - before.length);
		around(after, line + 1);
		rows.set(line, `${line}:${text}`);
	}
	const isApart = matches.some(({ before, after }) => before.length + after.length > 0);
	const gap = isApart ? '\n--\n' : '\n';
	return plainOutput([...joined(rows, gap), ...unnumbered].join(gap));
}

/** What follows each other without a gap, together. */
function joined(rows: ReadonlyMap<number, string>, gap: string): string[] {
	const blocks: string[] = [];
	let last: number | undefined;
	for (const [at, row] of [...rows].sort(([a], [b]) => a - b)) {
		const block = blocks.at(-1);
		if (block !== undefined && last !== undefined && (at === last + 1 || gap === '\n')) {
			blocks[blocks.length - 1] = `${block}\n${row}`;
		} else blocks.push(row);
		last = at;
	}
	return blocks;
}
