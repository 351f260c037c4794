import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDaemonLink } from '../../../daemon/cli/mcp/daemonLink.ts';
import { waitForLine } from '../../../daemon/cli/mcp/tools/waitForLine.ts';
import { createMatcher } from '../../../daemon/processes/log/search/matcher.ts';
import { type Piece, scanLines } from '../../../daemon/processes/log/search/scan.ts';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

/** Daemons, one after the other, with one job that prints. */
function machine() {
	let log = '';
	let tell = () => {};
	let kill = () => {};
	let connects = 0;
	async function* pieces(): AsyncIterable<Piece> {
		yield { offset: 0, bytes: Buffer.from(log) };
	}
	function answer(method: string, params: unknown): Promise<unknown> {
		if (method === 'job/wait') return new Promise(() => {});
		if (method === 'log/read') {
			const { offset = 0, maxBytes = 0 } = params as ParamsInput<'log/read'>;
			const bytes = Buffer.from(log).subarray(offset, offset + maxBytes);
			return Promise.resolve({ text: bytes.toString('base64'), offset });
		}
		if (method !== 'log/search') return Promise.resolve({});
		const { pattern, from = 0 } = params as ParamsInput<'log/search'>;
		const matcher = createMatcher({ pattern, kind: 'regex', caseSensitive: true });
		const signal = new AbortController().signal;
		return scanLines(pieces(), { matcher, context: 0, limit: 1, from, signal });
	}
	return {
		connect: async (): Promise<DaemonConnection> => {
			connects++;
			const closed = Promise.withResolvers<void>();
			kill = closed.resolve;
			return {
				closed: closed.promise,
				request: answer,
				onNotification: (_: string, listener: (data: object) => void) => {
					tell = () => listener({ id: 'job', eof: false });
				},
				dispose: closed.resolve,
			} as unknown as DaemonConnection;
		},
		async print(text: string) {
			log += text;
			tell();
			await vi.advanceTimersByTimeAsync(0);
		},
		async kill() {
			kill();
			await vi.advanceTimersByTimeAsync(0);
		},
		connects: () => connects,
	};
}

function wait(
	connect: () => Promise<DaemonConnection>,
	signal = new AbortController().signal,
	since = 0,
) {
	const context = {
		link: createDaemonLink({ connect, idleMs: 60_000, isStopped: () => false }),
		signal,
		progress: () => {},
		questions: { after: () => ({}), told: () => {} },
	};
	const wanted = { pattern: 'Listening on port', mode: 'all', seconds: 600, since } as const;
	return waitForLine(context, ['job'], wanted);
}

test('a line that is written in two parts is found, and no mark of a run is', async () => {
	const { connect, print } = machine();
	const waiting = wait(connect);
	await vi.advanceTimersByTimeAsync(0);
	await print('[semantica] run 1, attempt 1: echo Listening on port');
	await print(' 3000\nListening on ');
	await print('port 3000\n');
	await expect(waiting).resolves.toEqual([{ id: 'job', line: 'Listening on port 3000' }]);
});

test('a line of which the beginning was shown already is found when it is whole', async () => {
	const { connect, print } = machine();
	const shown = 'Listening on port 1\nListening on ';
	await print(shown);
	const waiting = wait(connect, undefined, shown.length);
	await vi.advanceTimersByTimeAsync(0);
	await print('port 3000\n');
	await expect(waiting).resolves.toEqual([{ id: 'job', line: 'Listening on port 3000' }]);
});

test('a daemon that is killed is followed by the next, for the time that is left', async () => {
	const { connect, print, kill, connects } = machine();
	const waiting = wait(connect);
	await vi.advanceTimersByTimeAsync(3000);
	await kill();
	await print('Listening on port 3000\n');
	await expect(waiting).resolves.toEqual([{ id: 'job', line: 'Listening on port 3000' }]);
	expect(connects()).toBe(2);

	const late = machine();
	const over = wait(late.connect);
	await vi.advanceTimersByTimeAsync(500_000);
	await late.kill();
	await vi.advanceTimersByTimeAsync(100_000);
	await expect(over).resolves.toEqual([]);
});

test('where there is no daemon to be had nothing beats on', async () => {
	const nobody = wait(() => Promise.reject(new Error('no daemon')));
	await expect(nobody).rejects.toThrow('no daemon');
	expect(vi.getTimerCount()).toBe(0);
});

test('one that is cancelled while it connects ends then', async () => {
	const { connect } = machine();
	const connected = Promise.withResolvers<void>();
	const cancel = new AbortController();
	const slowly = () => connected.promise.then(connect);
	const waiting = wait(slowly, cancel.signal);
	cancel.abort(new Error('cancelled'));
	connected.resolve();
	await expect(waiting).rejects.toThrow('cancelled');
	expect(vi.getTimerCount()).toBe(0);
});
