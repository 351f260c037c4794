/** What the editor loads at start: nothing of the daemon, no validator, no language client. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIST } from '../../support/daemon.ts';

describe('the extension', () => {
	const code = readFileSync(join(DIST, 'extension.js'), 'utf8');

	test('is small: every window pays for it at start', () => {
		expect(code.length).toBeLessThan(100_000);
	});

	test.each(['better-sqlite3', 'ZodError', 'textDocument/', 'BEGIN IMMEDIATE'])(
		'contains nothing of %s',
		(foreign) => {
			expect(code).not.toContain(foreign);
		},
	);

	test('loads the language client when it is needed', () => {
		expect(code).toContain('require("./languageClient.js")');
		expect(readFileSync(join(DIST, 'languageClient.js'), 'utf8')).toContain('textDocument/');
	});
});
