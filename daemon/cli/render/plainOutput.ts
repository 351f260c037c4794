/** Output of programs as text: without what only a terminal understands. */
import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';

// All of Cc but tab and newline, and what could make a line read as something else than it is.
export const CONTROLS = /(?:[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069])+/gu;

/** Terminal codes go, and of what a progress display wrote over and over its last state stays. */
export function plainOutput(text: string): string {
	return withoutTerminalCodes(text)
		.replace(/\r+\n/g, '\n')
		.split('\n')
		.map((line) => lastState(line).replace(CONTROLS, ''))
		.join('\n');
}

function lastState(line: string): string {
	if (!line.includes('\r')) return line;
	return line.split('\r').findLast((state) => state.trim() !== '') ?? '';
}

/** A line that never ends is not waited for longer than this. */
const MOST_HELD = 65_536;

/** The same of a stream: each line once it is whole. */
export function createPlainStream() {
	const decoder = new TextDecoder();
	let held = '';
	return {
		push(bytes: Buffer): string {
			held += decoder.decode(bytes, { stream: true });
			const end = held.length > MOST_HELD ? held.length : held.lastIndexOf('\n') + 1;
			const whole = held.slice(0, end);
			held = held.slice(end);
			return plainOutput(whole);
		},
		end(): string {
			const rest = held + decoder.decode();
			held = '';
			return plainOutput(rest);
		},
	};
}
