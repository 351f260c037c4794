/**
 * `npm run vscode [-- [--editor NAME] FOLDER]`: packages the extension, installs it into an editor, opens the folder.
 * Without an editor on PATH it sets up the code-server of the end-to-end tests and prints its address.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { codeServer, findProgram, setUp } from '../test/e2e/setup.ts';
import { packageExtension } from './package.mjs';

const EDITORS = ['code', 'codium', 'cursor', 'code-server'];
const WINDOWS = process.platform === 'win32';

const { values, positionals } = parseArgs({
	options: { editor: { type: 'string' } },
	allowPositionals: true,
});
// npm runs it in the project's folder, and says in which one it was called.
const folder = resolve(process.env.INIT_CWD ?? '.', positionals[0] ?? '.');

const editor = findEditor(values.editor);
if (editor === undefined && values.editor !== undefined) {
	console.error(`There is no program ${values.editor} on PATH.`);
	process.exit(1);
}
if (editor === undefined) {
	const missing = setUp({ browser: false });
	if (missing !== undefined) {
		console.error(
			`No editor (${EDITORS.join(', ')}) is on PATH, and code-server cannot be set up: ${missing}`,
		);
		process.exit(1);
	}
}

console.log('Packaging the extension.');
const vsix = packageExtension();
if (editor === undefined) openOwnServer();
else openIn(editor);

/** On Windows editors are started by batch files, which only a shell runs. */
function findEditor(named) {
	const names = named === undefined ? EDITORS : [named];
	return findProgram(...names.flatMap((name) => (WINDOWS ? [`${name}.cmd`, name] : [name])));
}

function openIn(program) {
	const quoted = (word) => (WINDOWS ? `"${word}"` : word);
	const run = (...args) =>
		spawnSync(quoted(program), args.map(quoted), { stdio: 'inherit', shell: WINDOWS });
	const installed = run('--install-extension', vsix, '--force');
	if (installed.status !== 0) process.exit(installed.status ?? 1);
	process.exitCode = run(folder).status ?? 1;
}

function openOwnServer() {
	const home = resolve(import.meta.dirname, '../.vscode-test/code-server');
	mkdirSync(home, { recursive: true });
	// It keeps nothing outside of its folder.
	const env = { ...process.env, XDG_DATA_HOME: home };
	const common = [
		codeServer,
		...['--config', join(home, 'config.yaml')],
		...['--user-data-dir', join(home, 'data'), '--extensions-dir', join(home, 'extensions')],
	];
	const installed = spawnSync(
		process.execPath,
		[...common, '--install-extension', vsix, '--force'],
		{ env, stdio: ['ignore', 'ignore', 'inherit'] },
	);
	if (installed.status !== 0) process.exit(installed.status ?? 1);
	const server = spawn(
		process.execPath,
		[
			...common,
			...['--auth', 'none', '--bind-addr', `127.0.0.1:${process.env.PORT ?? 0}`],
			...['--disable-telemetry', '--disable-update-check'],
		],
		{ env, stdio: ['ignore', 'pipe', 'inherit'] },
	);
	server.stdout.setEncoding('utf8').on('data', (text) => {
		const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
		if (address === undefined) return;
		console.log(`${basename(folder)} is open at ${address}/?folder=${encodeURIComponent(folder)}`);
		console.log('Ctrl-C ends the editor; the daemon leaves by itself when it has nothing to do.');
	});
	server.on('exit', (code) => {
		process.exitCode = code ?? 0;
	});
	for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
}
