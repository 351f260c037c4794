import { expect, it } from 'vitest';
import type { LinkState } from '../../../extension/connection/state.ts';
import { takeBackEmptied } from '../../../extension/emptied.ts';
import { Signal } from '../../../extension/lifetime.ts';

function world() {
	const changes = new Signal<LinkState>();
	const settings = new Signal<void>();
	const remembered = new Map<string, readonly string[]>();
	const values: Record<string, number | null> = {};
	const asked: unknown[] = [];
	const server = {
		protocol: 1,
		instance: 'i',
		version: '0',
		buildId: 'b',
		builtAt: 0,
		stale: null,
	};
	const connected: LinkState = {
		kind: 'connected',
		server,
		relation: 'same',
		since: 0,
		failures: 0,
	};
	const link = {
		state: { kind: 'stopped' } as LinkState,
		onDidChange: changes.on,
		request: (async (method: string, params: unknown) => {
			asked.push([method, params]);
			return { values: {}, revision: 4 };
		}) as never,
	};
	const window = () =>
		takeBackEmptied({
			link,
			memory: {
				get: async (key, fallback) => remembered.get(key) ?? fallback,
				update: async (key, value) => void remembered.set(key, value),
			},
			value: (name) => values[name] ?? null,
			home: () => '/home/me/.semantica',
			onDidChangeSettings: (listener) => settings.on(listener),
			log: () => {},
		});
	const settled = () => new Promise(setImmediate);
	return {
		asked,
		window,
		async set(name: string, value: number | null) {
			values[name] = value;
			settings.emit();
			await settled();
		},
		async connect() {
			link.state = connected;
			changes.emit(connected);
			await settled();
		},
		disconnect() {
			link.state = { kind: 'stopped' };
		},
	};
}

it('a limit that was set here and is emptied is taken back once, and nothing else is', async () => {
	const { asked, window, set, connect } = world();
	window();
	await connect();
	await set('limitJobs', 3);
	expect(asked).toEqual([]);
	await set('limitJobs', null);
	await set('limitIndexJobs', null);
	expect(asked).toEqual([['queue/update', { name: '*', concurrency: null }]]);
});

it('what was emptied while there was no daemon is taken back from the next one', async () => {
	const { asked, window, set, connect, disconnect } = world();
	const first = window();
	await connect();
	await set('minBattery', 50);
	first.dispose();
	disconnect();
	await set('minBattery', null);
	window();
	await connect();
	expect(asked).toEqual([
		['settings/get', {}],
		['settings/update', { values: { minBattery: null }, revision: 4 }],
	]);
});
