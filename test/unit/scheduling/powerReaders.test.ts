import { describe, expect, it } from 'vitest';
import { createBoundedReader, type PowerReading } from '../../../daemon/scheduling/power/reader.ts';
import {
	bindGetSystemPowerStatus,
	createFallbackReader,
	createWindowsReader,
	judgeFallback,
	judgeStatus,
} from '../../../daemon/scheduling/power/windows.ts';
import { WINDOWS_CASES } from '../../support/power.ts';
import { FakeClock } from '../../support/queue.ts';

describe('a bounded reader', () => {
	it('turns a read that throws or rejects into an unknown that says why', async () => {
		for (const broken of [
			() => Promise.reject(new Error('EIO')),
			() => {
				throw new Error('EIO');
			},
		]) {
			const read = createBoundedReader(broken, new FakeClock(), 2000);
			expect(await read()).toMatchObject({
				source: 'unknown',
				reason: expect.stringContaining('EIO'),
			});
			// The next read is tried again.
			expect(await read()).toMatchObject({ reason: expect.stringContaining('EIO') });
		}
	});

	it('gives up on a read that hangs, and begins no other until it is back', async () => {
		const clock = new FakeClock();
		let reads = 0;
		let answer: (reading: PowerReading) => void = () => {};
		const read = createBoundedReader(
			() => {
				reads++;
				return new Promise((resolve) => {
					answer = resolve;
				});
			},
			clock,
			2000,
		);
		const first = read();
		await Promise.resolve();
		clock.advance(2000);
		expect(await first).toMatchObject({ source: 'unknown', percent: null });
		expect(await read()).toMatchObject({ source: 'unknown' });
		expect(reads).toBe(1);
		answer({ source: 'ac', percent: 50, reason: '' });
		await first;
		await new Promise(setImmediate);
		const again = read();
		await Promise.resolve();
		answer({ source: 'ac', percent: 51, reason: '' });
		expect(await again).toMatchObject({ source: 'ac', percent: 51 });
		expect(clock.pending).toEqual([]);
	});
});

describe('Windows', () => {
	it('reads SYSTEM_POWER_STATUS', async () => {
		for (const { reality, status, source, percent } of WINDOWS_CASES) {
			const reader = createWindowsReader((buffer) => {
				buffer.set(status);
				return true;
			});
			expect(await reader(), reality).toMatchObject({ source, percent });
		}
		expect(judgeStatus(Buffer.from([255, 255, 255]))).toMatchObject({ source: 'unknown' });
		await expect(createWindowsReader(() => false)()).rejects.toThrow('GetSystemPowerStatus');
	});

	it('calls it through koffi', () => {
		const declared: unknown[] = [];
		const call = bindGetSystemPowerStatus({
			load: (library) => ({
				func(...declaration) {
					declared.push(library, ...declaration);
					return (status) => {
						(status as Buffer).set([1, 8, 60]);
						return true;
					};
				},
			}),
		});
		const status = Buffer.alloc(12);
		expect(call(status)).toBe(true);
		expect(judgeStatus(status)).toMatchObject({ source: 'ac', percent: 60 });
		expect(declared).toEqual([
			'kernel32.dll',
			'__stdcall',
			'GetSystemPowerStatus',
			'bool',
			['void *'],
		]);
	});

	it('asks the costly fallback once a minute at most', async () => {
		const clock = new FakeClock();
		let asked = 0;
		const read = createFallbackReader(clock, async () => {
			asked++;
			return { hasBattery: true, acConnected: false, percent: 50 };
		});
		expect(await read()).toMatchObject({ source: 'battery', percent: 50 });
		clock.advance(59_000);
		await read();
		expect(asked).toBe(1);
		clock.advance(1000);
		await read();
		expect(asked).toBe(2);
		// The clock is set back.
		clock.suspend(-3_600_000);
		await read();
		expect(asked).toBe(3);
		expect(judgeFallback({ hasBattery: false, acConnected: false, percent: 0 })).toMatchObject({
			source: 'ac',
		});
	});
});
