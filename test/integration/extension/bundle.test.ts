/** What the editor loads at start: nothing of the daemon, no validator, no language client. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIST } from '../../support/daemon.ts';

describe('the extension', () => {
	const code = readFileSync(join(DIST, 'extension.js'), 'utf8');
	const bodies = readFileSync(join(DIST, 'bodies.js'), 'utf8');

	test('is small: every window pays for it at start', () => {
		expect(code.length).toBeLessThan(120_000);
	});

	test.each(['better-sqlite3', 'ZodError', 'textDocument/', 'BEGIN IMMEDIATE'])(
		'contains nothing of %s',
		(foreign) => {
			expect(code).not.toContain(foreign);
		},
	);

	test('makes no elements of text in the dashboard, whose page has no code of ours but its own', () => {
		const page = readFileSync(join(DIST, 'dashboard/page.js'), 'utf8');
		for (const way of ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'eval(', 'ZodError']) {
			expect(page).not.toContain(way);
		}
	});

	test.each([
		['languageClient', 'textDocument/'],
		['launch', 'Reinstall the extension.'],
		['askForCommand', 'A quote is not closed.'],
		['joinFleet', 'Copy Key'],
		['showFleet', 'Whose work runs here'],
		['where', 'In Which Folder?'],
		['scheduleCommand', 'Schedule Command: When'],
		['restartDaemon', 'Restarting the daemon interrupts'],
		['faces', 'Words to look for'],
		['approvals', 'Let {0} run this?'],
		['panel', "default-src 'none'"],
		['taskTerminal', 'has no usable "{1}" in tasks.json'],
		['chooseTask', 'It goes on when this window closes'],
		['logViews', 'Open a file outside of the folders of this window?'],
		['bodies', 'Remove 1 finished job and its log?'],
		['details', 'Why it does not run'],
		['diagnose', 'Settings that differ:'],
		['languageTools', 'Run this as a job?'],
	])('loads %s when it is needed', (part, content) => {
		expect(code + bodies).toContain(`require("./${part}.js")`);
		expect(code).not.toContain(content);
		expect(readFileSync(join(DIST, `${part}.js`), 'utf8')).toContain(content);
	});
});
