import { describe, expect, it } from 'vitest';
import { costIn, leftIn } from '../../../daemon/processes/posix/cost.ts';

const DASH = '0m0.010000s 0m0.000000s\n1m2.340000s 0m1.660000s\n';
const IO =
	'rchar: 9\nwchar: 9\nread_bytes: 4096\nwrite_bytes: 12288\ncancelled_write_bytes: 4096\n';
const GROUP =
	'usage_usec 2500400\nuser_usec 1\npeak 52428800\n8:0 rbytes=10 wbytes=20 rios=1 wios=1\n8:16 rbytes=1 wbytes=2 rios=1\n';

describe('what a run cost', () => {
	it('is what its supervisor waited for, where there is no group', () => {
		expect(costIn(DASH + IO)).toEqual({
			cpuMs: 64_000,
			peakMemoryBytes: null,
			readBytes: 4096,
			writtenBytes: 8192,
		});
	});

	it('is what its group tells, where it does', () => {
		const cost = { cpuMs: 2500, peakMemoryBytes: 52_428_800, readBytes: 11, writtenBytes: 22 };
		expect(costIn(DASH + IO + GROUP)).toEqual(cost);
		expect(costIn(GROUP)).toEqual(cost);
	});

	it('is counted once, however often it was written down', () => {
		expect(costIn(GROUP + GROUP)).toEqual(costIn(GROUP));
	});

	it('takes the rest from the supervisor where a group tells only of CPU time', () => {
		const cost = costIn(`${DASH}${IO}usage_usec 1000\n`);
		expect(cost).toMatchObject({ cpuMs: 1, readBytes: 4096 });
	});

	it('understands shells that print fewer digits, or another decimal point', () => {
		expect(costIn('0m0.00s 0m0.00s\n0m0,250s 0m1,0s\n')?.cpuMs).toBe(1250);
	});

	it('says nothing of who was left, who is named apart', () => {
		const text = `${DASH}${IO}left 12 gradle daemon\nleft 13 a\u001bb\n`;
		expect(costIn(text)).toEqual(costIn(DASH + IO));
		expect(leftIn(text)).toEqual(['gradle daemon (pid 12)', 'a?b (pid 13)']);
		expect(leftIn(DASH + IO)).toEqual([]);
	});

	it.each(['', '\n', 'usage_usec x', '0m0.01s'])('is not known from %j', (text) => {
		expect(costIn(text)).toBeUndefined();
	});
});
