import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { thirdPartyNotices } from '../../../scripts/notices.mjs';

function packages(all: Record<string, { described: object; files?: Record<string, string> }>) {
	const root = mkdtempSync(join(tmpdir(), 'semantica-notices-'));
	onTestFinished(() => rmSync(root, { recursive: true, force: true }));
	for (const [path, { described, files }] of Object.entries(all)) {
		const folder = join(root, 'node_modules', path);
		mkdirSync(join(folder, 'lib'), { recursive: true });
		writeFileSync(join(folder, 'package.json'), JSON.stringify(described));
		for (const [name, text] of Object.entries(files ?? {})) writeFileSync(join(folder, name), text);
	}
	return (path: string) => join(root, 'node_modules', path);
}

test('each package stands once, with the texts of its licence, also one within another', () => {
	const at = packages({
		'@scope/zebra': {
			described: { name: '@scope/zebra', version: '1.0.0', license: 'MIT' },
			files: { LICENSE: 'Copyright Zebra', 'README.md': 'hello' },
		},
		'@scope/zebra/node_modules/ant': {
			described: { name: 'ant', version: '2.0.0', license: 'Apache-2.0' },
			files: { 'licence.txt': 'Copyright Ant', NOTICE: 'Ant, by ants' },
		},
	});
	const text = thirdPartyNotices([
		'shared/job.ts',
		at('@scope/zebra/lib/a.js'),
		at('@scope/zebra/lib/b.js'),
		at('@scope/zebra/node_modules/ant/lib/a.js'),
	]);
	const headings = text.match(/^.+ \d+\.\d+\.\d+ \(.+\)$/gm);
	expect(headings).toEqual(['@scope/zebra 1.0.0 (MIT)', 'ant 2.0.0 (Apache-2.0)']);
	for (const part of ['Copyright Zebra', 'Copyright Ant', 'Ant, by ants']) {
		expect(text.split(part)).toHaveLength(2);
	}
	expect(text).not.toContain('hello');
});

test('a package that does not say what its licence is stops the build', () => {
	const at = packages({ odd: { described: { name: 'odd', version: '1.0.0' } } });
	expect(() => thirdPartyNotices([at('odd/lib/a.js')])).toThrow(
		'odd does not say what its licence is.',
	);
});
