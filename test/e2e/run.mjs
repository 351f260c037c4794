/**
 * `npm run test:e2e [-- --vsix FILE] [--repeat N] [--busy M] [TEST…]`: the packaged extension in a real VS Code,
 * driven through a browser. Repeated, it says at the end which tests failed in which round; `--busy` runs so many
 * loops beside it that want a processor each. SEMANTICA_SCREENSHOTS=1 renews media/screenshots/ too. `--figures` prints
 * what the face costs (figures.ts) and tests nothing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { packageExtension } from '../../scripts/package.mjs';
import { installExtension } from './install.ts';
import { findBrowser, setUp } from './setup.ts';

const here = import.meta.dirname;
const root = join(here, '../..');

const { values, positionals } = parseArgs({
	options: {
		vsix: { type: 'string' },
		repeat: { type: 'string', default: '1' },
		busy: { type: 'string', default: '0' },
		figures: { type: 'boolean', default: false },
	},
	allowPositionals: true,
});
/** Files at a time. An editor mostly waits, so that two share two cores; what is measured has the machine to itself. */
const EDITORS = values.figures ? 1 : 2;
const rounds = count('repeat', values.repeat, 1);
const busy = count('busy', values.busy, 0);

const missing = setUp({ browser: true });
if (missing !== undefined) {
	console.log(`End-to-end tests skipped: ${missing}`);
	process.exit(process.env.CI === 'true' ? 1 : 0);
}

// Here and not with the others: what these import is installed only now.
const types = spawnSync('npx', ['tsc', '-p', here], { cwd: root, stdio: 'inherit' });
if (types.status !== 0) process.exit(1);

const work = mkdtempSync(join(tmpdir(), 'semantica-e2e-'));
const results = join(root, 'test-results/e2e');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const loops = [];
try {
	const vsix = values.vsix ?? packageExtension(join(work, 'semantica.vsix'));
	const extensions = join(work, 'extensions');
	installExtension(vsix, extensions, work);
	Object.assign(process.env, {
		SEMANTICA_E2E_WORK: work,
		SEMANTICA_E2E_EXTENSIONS: extensions,
		SEMANTICA_E2E_BROWSER: findBrowser(),
	});
	for (let loop = 0; loop < busy; loop++) loops.push(busyLoop());
	const failures = [];
	for (let round = 1; round <= rounds; round++) failures.push(...(await runSuite(round)));
	if (rounds > 1) summarize(failures);
	const mayPassAgain = rounds === 1 && !values.figures;
	const passed = failures.length === 0 || (mayPassAgain && (await passAgain(failures)));
	// Vitest has set it for a first failure already.
	process.exitCode = passed ? 0 : 1;
} finally {
	for (const loop of loops) loop.kill('SIGKILL');
	// What the editor leaves running for a moment still writes there.
	rmSync(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
}

/**
 * A real editor on a busy machine may miss a beat that no test foresaw: the files of what failed are run once more,
 * one after the other with editors of their own, and what fails twice has failed. What passed then is a flake that
 * wants its cause.
 */
async function passAgain(failures) {
	const files = [...new Set(failures.map(({ file }) => file))];
	console.log(`\nFailed: ${failures.map(({ test }) => test).join(', ')}.`);
	if (files.includes(undefined)) return false;
	console.log(`Once more, with fresh editors: ${files.join(', ')}.`);
	const again = await runSuite('again', files, 1);
	if (again.length > 0) return false;
	console.log(`FLAKY, passed when run again; evidence of the failure is kept in ${results}.`);
	return true;
}

/** @returns what failed, with its file where it has one. */
async function runSuite(round, files = positionals, editors = EDITORS) {
	const began = Date.now();
	process.env.SEMANTICA_E2E_RESULTS =
		rounds === 1 && round === 1 ? results : join(results, `round-${round}`);
	const vitest = await startVitest('test', files, {
		root: here,
		config: false,
		watch: false,
		include: [values.figures ? 'figures.ts' : '*.test.ts'],
		maxWorkers: editors,
		testTimeout: 600_000,
		hookTimeout: 600_000,
	});
	const modules = vitest.state.getTestModules();
	const failed = modules.flatMap((module) => [...module.children.allTests('failed')]);
	const found = failed.map((test) => ({
		file: test.module.relativeModuleId,
		test: `${test.module.relativeModuleId} > ${test.fullName}`,
	}));
	// A file that could not be loaded, or a hook, has no test of its own that failed.
	const broken = modules.filter(
		(module) => module.state() === 'failed' && !failed.some((test) => test.module === module),
	);
	for (const { relativeModuleId: file } of broken) {
		found.push({ file, test: `${file} (outside of its tests)` });
	}
	for (const error of vitest.state.getUnhandledErrors()) {
		found.push({ test: `unhandled: ${String(error?.message ?? error)}` });
	}
	await vitest.close();
	const which = rounds === 1 ? '' : ` (round ${round} of ${rounds}: ${found.length} failed)`;
	console.log(`End-to-end tests took ${Math.round((Date.now() - began) / 1000)} s${which}.`);
	return found.map((failure) => ({ round, ...failure }));
}

function summarize(failures) {
	const tests = Map.groupBy(failures, ({ test }) => test);
	const beside = busy === 0 ? '' : ` beside ${busy} busy loops`;
	const bad = new Set(failures.map(({ round }) => round)).size;
	console.log(`\n${rounds - bad} of ${rounds} rounds passed${beside}.`);
	for (const [test, of] of tests) {
		console.log(`  ${test}: failed in round ${of.map(({ round }) => round).join(', ')}`);
	}
	if (bad > 0) console.log(`Evidence is kept in ${results}/round-N.`);
}

/** Wants a processor, and ends with us, however we end: with its stdin. */
function busyLoop() {
	const program = `
		let open = true;
		process.stdin.on('end', () => { open = false; }).on('error', () => { open = false; }).resume();
		const turn = () => { for (const until = Date.now() + 50; Date.now() < until; ); if (open) setImmediate(turn); };
		turn();`;
	return spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'inherit', 'inherit'] });
}

function count(name, text, least) {
	const number = Number(text);
	if (Number.isInteger(number) && number >= least) return number;
	console.error(`--${name} takes a whole number from ${least} on, not “${text}”.`);
	process.exit(1);
}
