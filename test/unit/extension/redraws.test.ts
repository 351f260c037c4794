import { expect, it } from 'vitest';
import { Redraws } from '../../../extension/jobs/redraws.ts';

it('a row is drawn anew where that is to be seen, and for mere progress in time', () => {
	const redraws = new Redraws();
	const look = { shape: 'a', description: '1%' };
	expect(redraws.needed('id', look, true)).toBe('now');
	redraws.drawn('id', look);
	expect(redraws.needed('id', look, true)).toBe('no');
	expect(redraws.needed('id', { ...look, description: '2%' }, true)).toBe('in time');
	expect(redraws.needed('id', { ...look, description: 'on battery' }, false)).toBe('now');
	expect(redraws.needed('id', { ...look, shape: 'b' }, true)).toBe('now');
	redraws.forget('id');
	expect(redraws.needed('id', look, true)).toBe('now');
});
