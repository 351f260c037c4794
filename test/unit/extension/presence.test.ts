import { describe, expect, it } from 'vitest';
import type { LinkState } from '../../../extension/connection/state.ts';
import { Signal } from '../../../extension/lifetime.ts';
import { concerned, GitHead } from '../../../extension/presence/gitHead.ts';
import { HEARTBEAT_MS, Heartbeat } from '../../../extension/presence/heartbeat.ts';
import { Openings } from '../../../extension/presence/openings.ts';

describe('the heartbeat', () => {
	it('beats at the first sign of use, then at most once per interval', () => {
		let now = 0;
		const beats: number[] = [];
		const heartbeat = new Heartbeat(
			async () => beats.push(now),
			() => now,
		);
		for (now = 1_000; now <= 3 * HEARTBEAT_MS; now += 100) heartbeat.noted();
		expect(beats).toEqual([1_000, 31_000, 61_000]);
		now = 10 * HEARTBEAT_MS;
		heartbeat.noted();
		expect(beats.at(-1)).toBe(now);
	});
});

describe('HEAD', () => {
	it('moves with every commit, also the first, and not when it is first seen', () => {
		const head = new GitHead();
		const seen = [undefined, { commit: 'a' }, { commit: 'a' }, { commit: 'b' }, { commit: 'a' }];
		expect(seen.map((state) => head.moved(state))).toEqual([false, false, false, true, true]);
		const born = new GitHead();
		expect([{}, {}, { commit: 'a' }].map((state) => born.moved(state))).toEqual([
			false,
			false,
			true,
		]);
	});

	it('says nothing while the editor does not know it', () => {
		const head = new GitHead();
		head.moved({ commit: 'a' });
		expect([head.moved(undefined), head.moved({ commit: 'a' })]).toEqual([false, false]);
		expect(head.moved({ commit: 'b' })).toBe(true);
	});
});

describe('a repository', () => {
	it('concerns itself, what lies in it and what it lies in', () => {
		const folders = ['/w/app', '/w/app/packages/a', '/w/application', '/w', '/other', '/w/app/..b'];
		expect(concerned('/w/app', folders)).toEqual([
			'/w/app',
			'/w/app/packages/a',
			'/w',
			'/w/app/..b',
		]);
	});
});

describe('a folder that is opened', () => {
	it('is told once, to the first daemon that is met while it is open', async () => {
		const changes = new Signal<LinkState>();
		const told: string[] = [];
		let there = false;
		const opened: string[] = [];
		const tell = async (
			method: string,
			params: { readonly workspace?: string; readonly root?: string },
		) => {
			if (there)
				(method === 'ai/folder' ? opened : told).push(params.root ?? params.workspace ?? '');
			return there;
		};
		const link = { tell: tell as never, onDidChange: changes.on };
		const openings = new Openings(link, (folder) => folder !== '/w/closed');
		const connected = async () => {
			const server = {
				protocol: 1,
				instance: 'i',
				version: '1.0.0',
				buildId: 'b',
				builtAt: 1,
				stale: null,
			};
			changes.emit({ kind: 'connected', relation: 'same', server, since: 0, failures: 0 });
			await new Promise(setImmediate);
		};
		await openings.tell(['/w/app', '/w/closed']);
		there = true;
		await connected();
		await connected();
		expect(told).toEqual(['file:///w/app']);
		await openings.tell(['/w/other']);
		await connected();
		expect(told).toEqual(['file:///w/app', 'file:///w/other']);
		expect(opened).toEqual(['/w/app', '/w/other']);
	});
});
