import { expect, it } from 'vitest';
import { READING_MS, Redraws } from '../../../extension/jobs/tree/redraws.ts';

const look = { shape: 'a', description: '1%' };

it('a row is drawn anew where that is to be seen, and for mere progress in time', () => {
	const redraws = new Redraws(() => 0);
	expect(redraws.needed('id', look, true)).toBe('now');
	redraws.drawn('id', look);
	expect(redraws.needed('id', look, true)).toBe('no');
	expect(redraws.needed('id', { ...look, description: '2%' }, true)).toBe('in time');
	expect(redraws.needed('id', { ...look, description: 'on battery' }, false)).toBe('now');
	expect(redraws.needed('id', { ...look, shape: 'b' }, true)).toBe('now');
	redraws.forget('id');
	expect(redraws.needed('id', look, true)).toBe('now');
});

it('a row whose tooltip somebody reads keeps it, unless it becomes another one', () => {
	let now = 0;
	const redraws = new Redraws(() => now);
	redraws.drawn('id', look);
	redraws.read('id');
	now = READING_MS - 1;
	expect([redraws.isRead('id'), redraws.isRead('other')]).toEqual([true, false]);
	expect(redraws.needed('id', { ...look, description: 'on battery' }, false)).toBe('in time');
	expect(redraws.needed('id', { ...look, shape: 'b' }, false)).toBe('now');
	now = READING_MS;
	expect(redraws.isRead('id')).toBe(false);
	expect(redraws.needed('id', { ...look, description: 'on battery' }, false)).toBe('now');
});
