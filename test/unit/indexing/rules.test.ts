import { expect, test } from 'vitest';
import { beneath } from '../../../daemon/indexing/files/rules.ts';

test.each([
	['', '*.log', '*.log'],
	['a', '*.log', '/a/**/*.log'],
	['a', '/top', '/a/top'],
	['a', 'x/y', '/a/x/y'],
	['a', 'dir/', '/a/**/dir/'],
	['a', '!keep', '!/a/**/keep'],
	['a/[b] *', 'c', '/a/\\[b\\]\\ \\*/**/c'],
])('in folder "%s" the pattern %s', (folder, pattern, rewritten) => {
	expect(beneath(folder, pattern)).toBe(rewritten);
});
