import { expect, it } from 'vitest';
import type { LinkState } from '../../../extension/connection/state.ts';
import { MissedFolders } from '../../../extension/indexing/missed.ts';
import type { IndexedFolder } from '../../../extension/indexing/specs.ts';
import { Signal } from '../../../extension/lifetime.ts';

const folder = (name: string): IndexedFolder => ({
	...{ uri: `file:///${name}`, path: `/${name}`, name },
});
const settled = () => new Promise(setImmediate);
const connected = { kind: 'connected' } as LinkState;

function opened() {
	const changes = new Signal<LinkState>();
	const link = { state: { kind: 'stopped' } as LinkState, onDidChange: changes.on };
	const looked: string[] = [];
	let answers = true;
	const missed = new MissedFolders({
		link,
		lookThrough: async ({ name }) => {
			looked.push(name);
			if (!answers) throw new Error('the daemon is away');
		},
		log: () => {},
	});
	return {
		...{ missed, looked },
		async become(state: LinkState, answering = true) {
			answers = answering;
			link.state = state;
			changes.emit(state);
			await settled();
		},
	};
}

const away = () => Promise.reject(new Error('the daemon was stopped'));

it('what could not be told is looked for once there is a daemon, each folder once', async () => {
	const { missed, looked, become } = opened();
	for (const name of ['shop', 'shop', 'barn']) await missed.orMissed(folder(name), away);
	expect(await missed.orMissed(folder('mill'), async () => 'told')).toBe('told');
	await become({ kind: 'starting' } as LinkState);
	expect(looked).toEqual([]);
	await become(connected);
	expect(looked).toEqual(['shop', 'barn']);
	await become(connected);
	expect(looked).toHaveLength(2);
});

it('a look that failed is made up for with the next daemon', async () => {
	const { missed, looked, become } = opened();
	await missed.orMissed(folder('shop'), away);
	await become(connected, false);
	await become(connected);
	await become(connected);
	expect(looked).toEqual(['shop', 'shop']);
});

it('a daemon that cannot be started is not tried again for it', async () => {
	const { missed, looked, become } = opened();
	await become({ kind: 'failed', error: new Error('no such folder') } as LinkState);
	let asked = 0;
	await missed.orMissed(folder('shop'), async () => void asked++);
	expect(asked).toBe(0);
	await become(connected);
	expect(looked).toEqual(['shop']);
});
