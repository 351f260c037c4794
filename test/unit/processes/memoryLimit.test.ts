import { expect, test } from 'vitest';
import { limitMemory } from '../../../daemon/processes/memoryLimit.ts';
import { memoryIn } from '../../../daemon/processes/posix/memory.ts';

function watched(uses: readonly (number | undefined | Error)[]) {
	const waits: (() => void)[] = [];
	const overs: string[] = [];
	let looks = 0;
	const limit = limitMemory({
		everyMs: 1000,
		look: async () => {
			const bytes = uses[looks++];
			if (bytes instanceof Error) throw bytes;
			return bytes === undefined
				? undefined
				: { bytes, tooMuch: bytes > 100 ? `${bytes}` : undefined };
		},
		over: (sentence) => overs.push(sentence),
		after(ms, callback) {
			expect(ms).toBe(1000);
			waits.push(callback);
			return () => waits.splice(waits.indexOf(callback), 1);
		},
	});
	const settle = () => new Promise((resolve) => setImmediate(resolve));
	return { limit, waits, overs, settle, looks: () => looks, pass: () => waits.shift()?.() };
}

test('looks again after each second until it is too much, and says so once', async () => {
	const { limit, waits, overs, settle, pass } = watched([100, undefined, new Error('busy'), 101]);
	for (let i = 0; i < 4; i++) {
		await settle();
		expect(overs).toEqual(i < 3 ? [] : ['101']);
		pass();
	}
	await settle();
	expect(overs).toEqual(['101']);
	expect(waits).toEqual([]);
	expect(limit.peak).toBe(101);
});

test('does not look any more at what has ended', async () => {
	const { limit, waits, overs, settle, looks } = watched([50, 500]);
	await settle();
	limit.end();
	expect(waits).toEqual([]);
	expect([looks(), overs, limit.peak]).toEqual([1, [], 50]);
});

test('a look that was under way at the end says nothing', async () => {
	const { limit, waits, overs, settle } = watched([500]);
	limit.end();
	await settle();
	expect([overs, waits]).toEqual([[], []]);
});

test.each([
	['Rss:   9000 kB\nPss:   1000 kB\nPss_Anon: 1 kB\n', 1_024_000],
	['VmRSS:\t900 kB\nRssAnon:\t  300 kB\nRssFile:\t500 kB\nRssShmem:\t  100 kB\n', 409_600],
	['', 0],
])('memory held, as in %j', (text, bytes) => {
	expect(memoryIn(text)).toBe(bytes);
});
