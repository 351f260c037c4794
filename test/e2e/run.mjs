/**
 * `npm run test:e2e [-- --vsix FILE] [-- TEST…]`: the packaged extension in a real VS Code, driven through a browser.
 * SEMANTICA_SCREENSHOTS=1 renews media/screenshots/ too.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { packageExtension } from '../../scripts/package.mjs';
import { codeServer, findBrowser, setUp } from './setup.ts';

const here = import.meta.dirname;
const root = join(here, '../..');

const { values, positionals } = parseArgs({
	options: { vsix: { type: 'string' } },
	allowPositionals: true,
});

const missing = setUp({ browser: true });
if (missing !== undefined) {
	console.log(`End-to-end tests skipped: ${missing}`);
	process.exit(process.env.CI === 'true' ? 1 : 0);
}

const began = Date.now();
const work = mkdtempSync(join(tmpdir(), 'semantica-e2e-'));
const results = join(root, 'test-results/e2e');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
try {
	const vsix = values.vsix ?? packageExtension(join(work, 'semantica.vsix'));
	const extensions = join(work, 'extensions');
	execFileSync(
		process.execPath,
		[
			codeServer,
			...['--config', join(work, 'code-server.yaml')],
			...['--user-data-dir', join(work, 'install')],
			...['--extensions-dir', extensions],
			...['--install-extension', vsix],
		],
		{ stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, XDG_DATA_HOME: work } },
	);
	Object.assign(process.env, {
		SEMANTICA_E2E_WORK: work,
		SEMANTICA_E2E_EXTENSIONS: extensions,
		SEMANTICA_E2E_RESULTS: results,
		SEMANTICA_E2E_BROWSER: findBrowser(),
	});
	const vitest = await startVitest('test', positionals, {
		root: here,
		config: false,
		watch: false,
		include: ['*.test.ts'],
		// One editor at a time: two cores cannot drive more without lying about timing.
		fileParallelism: false,
		testTimeout: 300_000,
		hookTimeout: 300_000,
	});
	await vitest.close();
	console.log(`End-to-end tests took ${Math.round((Date.now() - began) / 1000)} s.`);
} finally {
	// What the editor leaves running for a moment still writes there.
	rmSync(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
}
