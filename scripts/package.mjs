/** Builds the one universal VSIX: `npm run package [-- --out FILE]`. A warning of vsce is an error. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchWindowsBinaries } from './windowsBinaries.mjs';

const root = join(import.meta.dirname, '..');
const README = 'dist/README.md';

/** @returns the path of the VSIX. */
export function packageExtension(out) {
	fetchWindowsBinaries();
	const options = { cwd: root, stdio: 'inherit' };
	if (spawnSync(process.execPath, [join(root, 'esbuild.mjs')], options).status !== 0) {
		throw new Error('The build failed: nothing is packaged.');
	}
	const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
	const file = out ?? join(root, `${name}-${version}.vsix`);
	writeFileSync(join(root, README), extensionReadme());
	requireDaemonFiles(vsce('ls', '--no-dependencies').split('\n'));
	// The repository has no public address that relative links could be rewritten to.
	const flags = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
	const text = vsce('package', ...flags, '--out', file);
	if (/warning/i.test(text)) throw new Error(`vsce warns:\n${text}`);
	return file;
}

/** The README for the editor's page of the extension, where neither our pictures nor our documents are. */
function extensionReadme() {
	return readFileSync(join(root, 'README.md'), 'utf8')
		.replaceAll(/<picture>[\s\S]*?<\/picture>\n*/g, '')
		.replaceAll(/\[([^\]]+)\]\((?!https?:|#)[^)]*\)/g, '$1');
}

function vsce(...args) {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[join(root, 'node_modules/@vscode/vsce/vsce'), ...args],
		{ cwd: root, encoding: 'utf8' },
	);
	if (status !== 0) throw new Error(`vsce ${args[0]} failed:\n${stdout}${stderr}`);
	return stdout + stderr;
}

/** What the daemon is copied from must be in the package, whatever else .vscodeignore says. */
function requireDaemonFiles(packaged) {
	const { daemonFiles } = JSON.parse(readFileSync(join(root, 'dist/build.json'), 'utf8'));
	const missing = daemonFiles.filter((file) => !packaged.includes(`dist/${file}`));
	if (missing.length > 0) throw new Error(`.vscodeignore leaves out ${missing.join(', ')}.`);
}

if (process.argv[1] === import.meta.filename) {
	const { values } = parseArgs({ options: { out: { type: 'string' } } });
	const file = packageExtension(values.out);
	const megabytes = (statSync(file).size / 1e6).toFixed(1);
	console.log(`${file}: ${megabytes} MB`);
}
