import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { LogWriter } from '../../../daemon/processes/log/writer.ts';
import { createMasks } from '../../../daemon/processes/masks.ts';
import { captureStdout, type Messages } from '../../../daemon/processes/output.ts';

const line = (n: number) => `::semantica progress {"current":${n}}\n`;
const lines = (from: number, to: number) =>
	Buffer.from(Array.from({ length: to - from }, (_, i) => line(from + i)).join(''));

function capture(chunks: readonly Buffer[]) {
	const seen: number[] = [];
	const logged: Buffer[] = [];
	const log = { append: async (chunk: Buffer) => void logged.push(chunk) } as unknown as LogWriter;
	const messages: Messages = {
		progress: ({ current }) => seen.push(current),
		result() {},
		checkpoint() {},
		again() {},
		ready() {},
		ask() {},
		problem() {},
		mask() {},
	};
	const done = captureStdout(
		Readable.from(chunks),
		log,
		messages,
		createMasks([]).stream(),
		undefined,
	);
	return { seen, logged: () => Buffer.concat(logged).toString(), done };
}

it('loses none of a flood of messages, which is read with pauses', async () => {
	const { seen, logged, done } = capture([
		lines(0, 1000),
		lines(1000, 2000),
		Buffer.from('an ordinary line\n'),
	]);
	await done;
	expect(seen).toEqual(Array.from({ length: 2000 }, (_, n) => n));
	expect(logged()).toBe('an ordinary line\n');
});
