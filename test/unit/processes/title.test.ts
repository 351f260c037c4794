import { expect, test } from 'vitest';
import { titleOf } from '../../../daemon/processes/commandHandler.ts';

test('the title of a command is one line of 200 characters at most, and no half of one', () => {
	expect(titleOf('make', ['all', 'a\n\tb'])).toBe('make all a b');
	expect(titleOf('x'.repeat(200), [])).toBe('x'.repeat(200));
	expect(titleOf('x'.repeat(201), [])).toBe(`${'x'.repeat(199)}…`);
	for (let before = 190; before < 205; before++) {
		const title = titleOf('x'.repeat(before), ['🙂'.repeat(20)]);
		expect(title.isWellFormed()).toBe(true);
		expect(title.length).toBeLessThanOrEqual(200);
	}
});
