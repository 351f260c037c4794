import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Message } from '../../../daemon/cli/mcp/protocol/opening.ts';
import { openWire } from '../../../daemon/cli/mcp/protocol/wire.ts';

function open() {
	const input = new PassThrough();
	const output = new PassThrough({ highWaterMark: 64 });
	const seen: Message[] = [];
	const wire = openWire(input, output, (message) => seen.push(message));
	return { input, output, seen, wire };
}

test('messages come a line each, however they were cut', async () => {
	const { input, seen } = open();
	const text = '{"jsonrpc":"2.0","id":1,"method":"é"}\r\n{"id":2}\n';
	for (const byte of Buffer.from(text)) input.write(Buffer.of(byte));
	await expect.poll(() => seen).toEqual([{ jsonrpc: '2.0', id: 1, method: 'é' }, { id: 2 }]);
});

test('what is no object is passed over', async () => {
	const { input, seen } = open();
	input.write('garbage\n[]\nnull\n5\n\n\u0000\n{"id":1}\n');
	await expect.poll(() => seen).toEqual([{ id: 1 }]);
});

test('a line without an end takes no memory, and what comes after it is read', async () => {
	const { input, seen } = open();
	const chunk = Buffer.alloc(1024 * 1024, 'x');
	for (let i = 0; i < 30; i++) input.write(chunk);
	input.write('\n{"id":1}\n');
	await expect.poll(() => seen).toEqual([{ id: 1 }]);
});

test('who sends waits for who reads, or for his end', async () => {
	const { output, wire } = open();
	let sent = false;
	const sending = wire.send({ text: 'x'.repeat(1000) }).then(() => {
		sent = true;
	});
	await new Promise(setImmediate);
	expect(sent).toBe(false);
	output.destroy();
	await sending;
});
