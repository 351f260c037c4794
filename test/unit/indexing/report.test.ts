import { expect, test } from 'vitest';
import {
	createLister,
	createReporter,
	skippedText,
} from '../../../daemon/indexing/worker/report.ts';

test('progress comes at most ten times a second, and the last one always', () => {
	const lines: string[] = [];
	let now = 0;
	const report = createReporter(
		(line) => lines.push(line),
		() => now,
	);
	for (; now <= 1000; now += 10) report.progress({ current: now });
	report.progress({ current: 1001 }, true);
	const sent = lines.map((line) => JSON.parse(line.replace('::semantica progress ', '')).current);
	expect(sent).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1001]);
});

test('results are one line', () => {
	const lines: string[] = [];
	createReporter((line) => lines.push(line), Date.now).result({ files: 1, name: 'a\nb' });
	expect(lines).toEqual(['::semantica result {"files":1,"name":"a\\nb"}']);
});

test('long lists are cut with their number, and names cannot break lines', () => {
	const lines: string[] = [];
	const lister = createLister((line) => lines.push(line));
	lister.add('gone', 'a\nb');
	for (let i = 0; i < 300; i++) lister.add('skipped, binary', `f${i}`);
	lister.finish();
	expect(lines[0]).toBe('gone: "a\\nb"');
	expect(lines).toHaveLength(202);
	expect(lines.at(-1)).toBe('skipped, binary: 100 more');
});

test('skipped files in words', () => {
	expect(skippedText({})).toBe('');
	expect(skippedText({ binary: 3, encoding: 1 })).toBe('4 skipped (3 binary, 1 encoding)');
});
