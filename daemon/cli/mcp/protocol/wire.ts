/** Messages of MCP's stdio: one JSON object a line. */
import type { Readable, Writable } from 'node:stream';
import type { Message } from './opening.ts';

export interface Wire {
	/** Resolves when it was handed over, or nobody reads any more. */
	send(message: object): Promise<void>;
}

/** A longer line is no request of ours; the rest of it is passed over. Bytes. */
const MAX_LINE = 10 * 1024 * 1024;
const NEWLINE = 0x0a;

/** @param onMessage gets what is a JSON object; other lines are nobody's message, and hosts that write them expect no answer */
export function openWire(
	input: Readable,
	output: Writable,
	onMessage: (message: Message) => void,
): Wire {
	let parts: Buffer[] = [];
	let length = 0;
	let drained: Promise<void> | undefined;

	const keep = (part: Buffer) => {
		length += part.length;
		if (length > MAX_LINE) parts = [];
		else parts.push(part);
	};
	input.on('data', (chunk: Buffer) => {
		let start = 0;
		for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
			keep(chunk.subarray(start, end));
			start = end + 1;
			const message = length > MAX_LINE ? undefined : parse(Buffer.concat(parts));
			parts = [];
			length = 0;
			if (message !== undefined) onMessage(message);
		}
		if (start < chunk.length) keep(chunk.subarray(start));
	});

	return {
		async send(message) {
			if (output.write(`${JSON.stringify(message)}\n`)) return;
			drained ??= new Promise((resolve) => {
				const end = () => {
					drained = undefined;
					output.off('drain', end).off('close', end);
					resolve();
				};
				output.on('drain', end).on('close', end);
			});
			await drained;
		},
	};
}

function parse(line: Buffer): Message | undefined {
	try {
		const value: unknown = JSON.parse(line.toString('utf8'));
		const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
		return isObject ? (value as Message) : undefined;
	} catch {
		return undefined;
	}
}
