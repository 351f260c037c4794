/** How messages come out of a socket: in their order, and large ones after whatever else the loop has to do. */
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MessageReader, type ReadElsewhere } from '../../../daemon/rpc/transport.ts';
import { Outbox } from '../../../shared/rpc/outbox.ts';

function frame(method: string, bytes = 0): string {
	const body = JSON.stringify({ jsonrpc: '2.0', method, params: ['x'.repeat(bytes)] });
	return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** A reader whose messages are over as soon as they have begun. */
function open(readElsewhere: ReadElsewhere = () => Promise.reject(new Error('not large'))) {
	const socket = new PassThrough();
	const begun: string[] = [];
	const reader = new MessageReader(socket as unknown as Socket, readElsewhere, {
		receive({ method }) {
			begun.push(String(method));
			return false;
		},
		broken: (error) => expect.unreachable(String(error)),
	});
	/** As data comes from the kernel: in a turn of its own. */
	const receive = async (...frames: string[]) => {
		socket.write(frames.join(''));
		await new Promise(process.nextTick);
	};
	return { reader, begun, receive };
}

const LARGE = 65_000;

test('what is answered with little is begun together, anything else once in a turn', async () => {
	const { begun, receive } = open();
	await receive(frame('job/list'), frame('job/list'), frame('worker/alive'));
	expect(begun).toEqual(['job/list']);
	await nextTurn();
	expect(begun).toEqual(['job/list', 'job/list']);
	await nextTurn();
	const brief = Array.from({ length: 5 }, () => frame('worker/alive'));
	await receive(...brief);
	// On a slow machine some of them may take all the time that they have together.
	while (begun.length < 8) await nextTurn();
	expect(begun.slice(2)).toEqual(brief.map(() => 'worker/alive').concat('worker/alive'));
});

test('a large message lets some turns pass, and what comes after it on its connection waits for it', async () => {
	const { begun, receive } = open();
	await receive(frame('before'), frame('large', LARGE + 600), frame('after'));
	await nextTurn();
	expect(begun).toEqual(['before']);
	// Another connection is dealt with in these.
	await nextTurn();
	await nextTurn();
	await receive(frame('late'));
	expect(begun).toEqual(['before']);
	while (begun.length < 4) await nextTurn();
	expect(begun).toEqual(['before', 'large', 'after', 'late']);
});

test('each large message steps back anew', async () => {
	const { begun, receive } = open();
	const turns: number[] = [];
	await receive(frame('one', 2 * LARGE), frame('two', 2 * LARGE));
	for (let turn = 1; begun.length < 2; turn++) {
		await nextTurn();
		while (turns.length < begun.length) turns.push(turn);
	}
	expect(turns[0]).toBeGreaterThanOrEqual(2);
	expect((turns[1] ?? 0) - (turns[0] ?? 0)).toBeGreaterThanOrEqual(2);
});

test('a connection that is closed meanwhile begins nothing more', async () => {
	const { reader, begun, receive } = open();
	await receive(frame('large', 2 * LARGE));
	reader.end();
	for (let turn = 0; turn < 10; turn++) await nextTurn();
	expect(begun).toEqual([]);
});

test('answers of one turn leave in one piece, and at once when they are flushed', async () => {
	const socket = new PassThrough();
	const pieces: string[] = [];
	socket.on('data', (piece) => pieces.push(String(piece)));
	const outbox = new Outbox(socket as unknown as Socket);
	const message = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, result: 'ü' });
	outbox.send(message(1));
	outbox.send(message(2));
	await nextTurn();
	const body = message(1);
	const framed = `Content-Length: ${body.length + 1}\r\n\r\n${body}`;
	expect(pieces).toEqual([framed + framed.replace('"id":1', '"id":2')]);
	outbox.send(message(3));
	outbox.flush();
	socket.end();
	await nextTurn();
	expect(pieces).toHaveLength(2);
	expect(pieces[1]).toContain('"id":3');
});
