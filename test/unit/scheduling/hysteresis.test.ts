import { describe, expect, it } from 'vitest';
import {
	isLow,
	nextReadIn,
	type PowerState,
	settlePower,
} from '../../../daemon/scheduling/power/hysteresis.ts';
import type { PowerReading } from '../../../daemon/scheduling/power/reader.ts';

const RULES = { pollMs: 30_000, confirmMs: 5000, acStableMs: 60_000 };

const reading = (source: PowerReading['source'], percent = 50): PowerReading => ({
	source,
	percent,
	reason: '',
});

/** Follows a script of readings, each at its second, and tells what was settled after each. */
function follow(script: [second: number, source: PowerReading['source']][]): string[] {
	let state: PowerState | undefined;
	return script.map(([second, source]) => {
		const at = { wall: 1e12 + second * 1000, monotonic: second * 1000 };
		state = settlePower(state, reading(source), at, RULES);
		return state.source;
	});
}

describe('power', () => {
	it('is believed at once at first', () => {
		expect(follow([[0, 'battery']])).toEqual(['battery']);
		expect(follow([[0, 'ac']])).toEqual(['ac']);
	});

	it('leaves the mains when a second read 5 s later says so too', () => {
		expect(
			follow([
				[0, 'ac'],
				[30, 'battery'],
				[34.9, 'battery'],
				[35, 'battery'],
			]),
		).toEqual(['ac', 'ac', 'ac', 'battery']);
	});

	it('does not follow a single flap', () => {
		expect(
			follow([
				[0, 'ac'],
				[30, 'battery'],
				[35, 'ac'],
				[60, 'battery'],
				[62, 'ac'],
				[90, 'battery'],
			]),
		).toEqual(Array(6).fill('ac'));
	});

	it('comes back after 60 s without a break', () => {
		expect(
			follow([
				[0, 'battery'],
				[30, 'ac'],
				[60, 'ac'],
				[70, 'battery'],
				[100, 'ac'],
				[130, 'ac'],
				[159, 'ac'],
				[160, 'ac'],
			]),
		).toEqual([...Array(7).fill('battery'), 'ac']);
	});

	it('takes two failed reads, too, to lose the mains, and none to learn something', () => {
		expect(
			follow([
				[0, 'ac'],
				[30, 'unknown'],
				[35, 'unknown'],
				[65, 'battery'],
				[95, 'unknown'],
				[100, 'unknown'],
				[130, 'ac'],
			]),
		).toEqual(['ac', 'ac', 'unknown', 'battery', 'battery', 'unknown', 'ac']);
	});

	it('is read again when a change can be settled, and no later than the poll', () => {
		const at = (second: number) => ({ wall: 0, monotonic: second * 1000 });
		let state = settlePower(undefined, reading('ac'), at(0), RULES);
		expect(nextReadIn(state, at(0), RULES)).toBe(30_000);
		state = settlePower(state, reading('battery'), at(30), RULES);
		expect(nextReadIn(state, at(30), RULES)).toBe(5000);
		state = settlePower(state, reading('battery'), at(35), RULES);
		state = settlePower(state, reading('ac'), at(65), RULES);
		expect(nextReadIn(state, at(65), RULES)).toBe(30_000);
		state = settlePower(state, reading('ac'), at(110), RULES);
		expect(nextReadIn(state, at(110), RULES)).toBe(15_000);
	});
});

describe('a low battery', () => {
	it('is entered below 20 % and left at 25 %', () => {
		let low: boolean | undefined;
		const seen = [25, 20, 19, 20, 24, 25, 20, 19].map((percent) => {
			low = isLow(low, percent, 20);
			return low;
		});
		expect(seen).toEqual([false, false, true, true, true, false, false, true]);
	});

	it('can always be left', () => {
		expect(isLow(true, 100, 100)).toBe(false);
	});
});
