/**
 * Builds the one universal VSIX: `npm run package [-- --out FILE --version VERSION]`. A warning of vsce is an error.
 * With a version of its own it is built elsewhere: dist/ stays what it is.
 * It is the `vscode:prepublish` script too, where it keeps vsce from being called without it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchOtherBinaries } from './otherBinaries.mjs';
import { extensionReadme } from './readme.mjs';

const root = join(import.meta.dirname, '..');
const README = 'dist/README.md';
const CALLED_BY_US = 'SEMANTICA_PACKAGING';

/** @returns the path of the VSIX. */
export function packageExtension(out, { version, protocol } = {}) {
	fetchOtherBinaries();
	if (version === undefined) return packageIn(root, out, []);
	const copy = mkdtempSync(join(tmpdir(), 'semantica-package-'));
	try {
		for (const name of SOURCES) cpSync(join(root, name), join(copy, name), { recursive: true });
		const described = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
		writeFileSync(
			join(copy, 'package.json'),
			JSON.stringify({ ...described, version, scripts: {} }),
		);
		const flags = ['--out', join(copy, 'dist'), '--version', version];
		// Tests let builds meet that do not understand each other.
		if (protocol !== undefined) flags.push('--protocol', protocol);
		return packageIn(copy, out, flags);
	} finally {
		rmSync(copy, { recursive: true, force: true });
	}
}

/** What a package is made of, beside package.json and dist/. */
const SOURCES = ['package.nls.json', '.vscodeignore', 'CHANGELOG.md', 'LICENSE', 'media'];

function packageIn(folder, out, buildFlags) {
	const build = spawnSync(process.execPath, [join(root, 'esbuild.mjs'), ...buildFlags], {
		cwd: root,
		stdio: 'inherit',
	});
	if (build.status !== 0) throw new Error('The build failed: nothing is packaged.');
	const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
	const file = out ?? join(root, `${name}-${version}.vsix`);
	writeFileSync(
		join(folder, README),
		extensionReadme(readFileSync(join(root, 'README.md'), 'utf8')),
	);
	const flags = ['--no-dependencies', '--readme-path', README];
	requireDaemonFiles(folder, vsce(folder, 'ls', ...flags).split('\n'));
	// The repository has no public address that relative links could be rewritten to: vsce refuses any.
	flags.push('--allow-missing-repository');
	const text = vsce(folder, 'package', ...flags, '--out', file);
	if (/warning/i.test(text)) throw new Error(`vsce warns:\n${text}`);
	return file;
}

function vsce(folder, ...args) {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[join(root, 'node_modules/@vscode/vsce/vsce'), ...args],
		{ cwd: folder, encoding: 'utf8', env: { ...process.env, [CALLED_BY_US]: '1' } },
	);
	if (status !== 0) throw new Error(`vsce ${args[0]} failed:\n${stdout}${stderr}`);
	return stdout + stderr;
}

/** What the daemon is copied from must be in the package, whatever else .vscodeignore says. */
function requireDaemonFiles(folder, packaged) {
	const { daemonFiles } = JSON.parse(readFileSync(join(folder, 'dist/build.json'), 'utf8'));
	const missing = daemonFiles
		.map(({ path }) => path)
		.filter((path) => !packaged.includes(`dist/${path}`));
	if (missing.length > 0) throw new Error(`.vscodeignore leaves out ${missing.join(', ')}.`);
}

if (process.argv[1] === import.meta.filename) {
	const { values } = parseArgs({
		options: {
			out: { type: 'string' },
			version: { type: 'string' },
			protocol: { type: 'string' },
			prepublish: { type: 'boolean' },
		},
	});
	if (values.prepublish) {
		if (process.env[CALLED_BY_US] === undefined) {
			console.error(
				'vsce alone would package a README whose pictures and links lead nowhere. Use: npm run package',
			);
			process.exitCode = 1;
		}
	} else {
		const file = packageExtension(values.out, values);
		const megabytes = (statSync(file).size / 1e6).toFixed(1);
		console.log(`${file}: ${megabytes} MB`);
	}
}
