/** What to look for in lines as they stand: a text, or a regular expression in linear time. */
import { compilePattern } from '../../../regex/compile.ts';
import { type KeyQuery, keysAll } from '../../segments/keyQuery.ts';
import { trigramsOf } from '../../segments/trigrams.ts';
import { lineEnd, lineStart } from '../../words/lines.ts';
import { keysOfRegex } from './regexKeys.ts';
import { skeletonOf } from './skeleton.ts';

export interface Term {
	readonly kind: 'text' | 'regex';
	readonly text: string;
}

/** The first match in a line. Places are UTF-16 units of the text that was searched. */
export interface LineMatch {
	readonly lineStart: number;
	readonly lineEnd: number;
	readonly start: number;
	readonly end: number;
}

export interface Pattern {
	/** What blocks must have. */
	readonly keys: KeyQuery;
	/** In a text as `composed` gives it, line by line. */
	matchesIn(text: string): Iterable<LineMatch>;
}

/** @throws SemanticaError VALIDATION with `path` `query`. */
export function createPattern({ kind, text }: Term, caseSensitive: boolean): Pattern {
	const wanted = text.normalize('NFC');
	return kind === 'text'
		? { keys: keysAll(trigramsOf(wanted)), matchesIn: literal(wanted, caseSensitive) }
		: { keys: keysOfRegex(wanted), matchesIn: regex(wanted, caseSensitive) };
}

function literal(wanted: string, caseSensitive: boolean): Pattern['matchesIn'] {
	// Nothing but escaped characters: there is nothing to go back to.
	const source = wanted.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
	const pattern = new RegExp(source, caseSensitive ? 'gu' : 'giu');
	return function* (text) {
		pattern.lastIndex = 0;
		for (let at = 0; ; ) {
			pattern.lastIndex = at;
			const match = pattern.exec(text);
			if (match === null) return;
			const end = lineEnd(text, match.index);
			yield {
				lineStart: lineStart(text, match.index),
				lineEnd: end,
				start: match.index,
				end: match.index + match[0].length,
			};
			at = end + 1;
			if (at > text.length) return;
		}
	};
}

function regex(wanted: string, caseSensitive: boolean): Pattern['matchesIn'] {
	const compiled = compilePattern(wanted, caseSensitive, 'query');
	const skeleton = skeletonOf(wanted, caseSensitive);
	return function* (text) {
		for (let at = 0; at < text.length; ) {
			const start = skeleton === undefined ? at : nextLine(skeleton, text, at);
			if (start === undefined) return;
			const end = lineEnd(text, start);
			const stop = end > start && text[end - 1] === '\r' ? end - 1 : end;
			const line = text.slice(start, stop);
			const matcher = compiled.matcher(line);
			if (matcher.find()) {
				yield {
					lineStart: start,
					lineEnd: end,
					start: start + matcher.start(),
					end: start + matcher.end(),
				};
			}
			at = end + 1;
		}
	};
}

/** Where the next line begins that may match, from the beginning of a line on. */
function nextLine(skeleton: RegExp, text: string, from: number): number | undefined {
	skeleton.lastIndex = from;
	const found = skeleton.exec(text);
	return found === null ? undefined : lineStart(text, found.index);
}
