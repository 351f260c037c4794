import { describe, expect, it } from 'vitest';
import { concerned, GitHead } from '../../../extension/presence/gitHead.ts';
import { HEARTBEAT_MS, Heartbeat } from '../../../extension/presence/heartbeat.ts';

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
