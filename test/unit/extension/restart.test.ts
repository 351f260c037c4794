import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Link } from '../../../extension/connection/link.ts';
import { restartDaemon } from '../../../extension/connection/restart.ts';
import type { LinkState } from '../../../extension/connection/state.ts';
import { Signal } from '../../../extension/lifetime.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a daemon that says it leaves, and stays, is treated as one that does not answer', async () => {
	const server = {
		protocol: 1,
		instance: 'i',
		version: '1.0.0',
		buildId: 'b',
		builtAt: 1,
		stale: null,
	};
	const state: LinkState = { kind: 'connected', relation: 'same', server, since: 0, failures: 0 };
	const asked: string[] = [];
	const request = async (method: string) => void asked.push(method);
	const link = { state, onDidChange: new Signal<LinkState>().on, request } as unknown as Link;
	const said: string[] = [];
	const restarted = restartDaemon({
		link,
		home: () => '/there-is-no/home',
		loaded: async () => {},
		confirmInterruption: async () => true,
		confirmUnseen: async () => true,
		confirmKill: async () => true,
		log: (line) => said.push(line),
	});
	await vi.advanceTimersByTimeAsync(60_000);
	expect(await restarted).toBe(true);
	expect(said).toEqual(['The daemon does not answer.']);
	expect(asked).toEqual(['system/drain', 'system/status']);
});
