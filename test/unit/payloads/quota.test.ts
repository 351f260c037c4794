import { describe, expect, test } from 'vitest';
import { describeBytes, Quota } from '../../../daemon/payloads/quota.ts';
import { createSlots } from '../../../daemon/payloads/slots.ts';

describe('Quota', () => {
	test('counts what grows at the same time, and gives back what is dropped or removed', () => {
		const quota = new Quota(() => 1000, 400);
		const [a, b] = [quota.reserve(), quota.reserve()];
		a.growTo(100);
		a.growTo(300);
		b.growTo(300);
		expect(quota.usedBytes).toBe(1000);
		expect(() => b.growTo(301)).toThrow('quota of 1 KB');
		a.drop();
		b.growTo(301);
		quota.removed(400);
		expect(quota.usedBytes).toBe(301);
	});

	test('tells a payload that can never fit from one that does not fit now', () => {
		const quota = new Quota(() => 1000, 900);
		expect(() => quota.reserve().growTo(101)).toThrow(expect.objectContaining({ kind: 'STORE' }));
		expect(() => quota.reserve().growTo(1001)).toThrow(
			expect.objectContaining({ kind: 'TOO_LARGE' }),
		);
	});

	test('follows a limit that changes', () => {
		let limit = 10;
		const quota = new Quota(() => limit, 0);
		expect(() => quota.reserve().growTo(11)).toThrow();
		limit = 11;
		quota.reserve().growTo(11);
	});
});

test.each([
	[999, '999 bytes'],
	[1000, '1 KB'],
	[1_500_000, '1.5 MB'],
	[20_000_000_000, '20 GB'],
])('%d bytes are said as %s', (bytes, said) => {
	expect(describeBytes(bytes)).toBe(said);
});

test('slots bound what goes on at a time, and a failure frees its slot', async () => {
	const slots = createSlots(2);
	let running = 0;
	let most = 0;
	const work = (fails: boolean) => async () => {
		most = Math.max(most, ++running);
		await Promise.resolve();
		running--;
		if (fails) throw new Error('no');
		return 1;
	};
	const all = Array.from({ length: 9 }, (_, index) => slots(work(index % 3 === 0)));
	const outcomes = await Promise.allSettled(all);
	expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(3);
	expect(most).toBe(2);
	expect(running).toBe(0);
});
