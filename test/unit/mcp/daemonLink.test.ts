import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDaemonLink } from '../../../daemon/cli/mcp/daemonLink.ts';
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

/** Daemons of which each answers by `answer`. */
function daemons(answer: (nth: number) => Promise<unknown>) {
	const opened: { disposed: boolean; close: () => void }[] = [];
	const connect = async () => {
		const nth = opened.length;
		const one = { disposed: false, close: () => {} };
		opened.push(one);
		const closed = new Promise<void>((resolve) => {
			one.close = resolve;
		});
		const connection = {
			closed,
			request: () => answer(nth),
			dispose: () => {
				one.disposed = true;
				one.close();
			},
		};
		return connection as unknown as DaemonConnection;
	};
	return { opened, link: createDaemonLink({ connect, idleMs: 60_000, isStopped: () => false }) };
}

test('the connection is opened by the first request, shared, and closed after a while without any', async () => {
	const { opened, link } = daemons(async () => ({}));
	expect(opened).toHaveLength(0);
	await Promise.all([link.request('queue/list', {}), link.request('queue/list', {})]);
	await vi.advanceTimersByTimeAsync(59_000);
	await link.request('queue/list', {});
	await vi.advanceTimersByTimeAsync(59_000);
	expect(opened.map(({ disposed }) => disposed)).toEqual([false]);
	await vi.advanceTimersByTimeAsync(2000);
	expect(opened.map(({ disposed }) => disposed)).toEqual([true]);
	await link.request('queue/list', {});
	expect(opened).toHaveLength(2);
});

test('a hold keeps it', async () => {
	const { opened, link } = daemons(async () => ({}));
	const release = link.hold();
	await link.request('queue/list', {});
	await vi.advanceTimersByTimeAsync(600_000);
	expect(opened[0]?.disposed).toBe(false);
	release();
	release();
	await vi.advanceTimersByTimeAsync(61_000);
	expect(opened[0]?.disposed).toBe(true);
});

test('a daemon that leaves before it answers is followed by the next; one after the other that leaves is an error', async () => {
	const leaving = daemons(async (nth) => {
		leaving.opened[nth]?.close();
		if (nth < 2) throw new ConnectionClosed();
		return 'answer';
	});
	await expect(leaving.link.request('queue/list', {})).resolves.toBe('answer');
	const never = daemons(async (nth) => {
		never.opened[nth]?.close();
		throw new ConnectionClosed();
	});
	await expect(never.link.request('queue/list', {})).rejects.toThrow(ConnectionClosed);
	expect(never.opened).toHaveLength(3);
});

test('so is one that is over and has not told yet', async () => {
	const { opened, link } = daemons(async (nth) => {
		if (nth === 0) throw new ConnectionClosed();
		return 'answer';
	});
	await expect(link.request('queue/list', {})).resolves.toBe('answer');
	opened[0]?.close();
	await expect(link.request('queue/list', {})).resolves.toBe('answer');
	expect(opened).toHaveLength(2);
});
