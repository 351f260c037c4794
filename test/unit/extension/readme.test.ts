import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const { extensionReadme } = (await import(join(ROOT, 'scripts/readme.mjs'))) as {
	extensionReadme(markdown: string, pictures?: string): string;
};

it('has no picture and no link that leads into our repository', () => {
	const ours = readFileSync(join(ROOT, 'README.md'), 'utf8');
	const written = [
		'<picture><source srcset="media/dark.png"><img src="media/light.png"></picture>',
		'<img alt="x" src="media/a.png">',
		'![a tree](media/tree.png)',
		'[the design](docs/design.md) and [elsewhere](https://example.org) and [here](#here)',
	].join('\n\n');
	for (const text of [ours, written].map((each) => extensionReadme(each))) {
		const targets = [...text.matchAll(/\]\(([^)]*)\)|(?:src|srcset)="([^"]*)"/g)];
		const leads = targets.map(([, link, source]) => link ?? source ?? '');
		expect(leads.filter((target) => !/^(https?:|#)/.test(target))).toEqual([]);
	}
	expect(extensionReadme(written)).toContain(
		'the design and [elsewhere](https://example.org) and [here](#here)',
	);
});

it('keeps its pictures where they are served', () => {
	const written =
		'<picture>\n<source srcset="media/dark.png">\n<img alt="A tree" src="media/light.png">\n</picture>\n\nText';
	expect(extensionReadme(written, 'https://example.org/s/')).toBe(
		'![A tree](https://example.org/s/media/light.png)\n\nText',
	);
});
