/**
 * Builds VSIX files: `npm run package [-- --target all|universal|PLATFORM --out PATH --pictures URL --record]`.
 * Without a target it is the universal one. A warning of vsce is an error, and so is a package that grew by a fifth.
 * It is the `vscode:prepublish` script too: a plain `vsce package` makes the universal one.
 */
import { spawnSync } from 'node:child_process';
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeBuildInfo } from './buildInfo.mjs';
import { fetchOtherBinaries } from './otherBinaries.mjs';
import { extensionReadme } from './readme.mjs';
import { compareSizes, megabytes, recordedSizes, recordSizes } from './sizes.mjs';
import { binariesOf, lacks, TARGETS, UNIVERSAL } from './targets.mjs';

const root = join(import.meta.dirname, '..');
const README = 'dist/README.md';
const CALLED_BY_US = 'SEMANTICA_PACKAGING';

/** What a package is made of, beside package.json and dist/. */
const SOURCES = ['package.nls.json', 'l10n', '.vscodeignore', 'CHANGELOG.md', 'LICENSE', 'media'];

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** With a version of its own it is built elsewhere: dist/ stays what it is. @returns the path of the universal VSIX. */
export function packageExtension(out, { version, protocol, pictures } = {}) {
	fetchOtherBinaries();
	if (version === undefined) {
		build([]);
		writeReadme(root, pictures);
		return packageIn(root, out ?? join(root, vsixName(UNIVERSAL)));
	}
	return inCopy((copy) => {
		describe(copy, { version });
		const flags = ['--out', join(copy, 'dist'), '--version', version];
		// Tests let builds meet that do not understand each other.
		if (protocol !== undefined) flags.push('--protocol', protocol);
		build(flags);
		writeReadme(copy, pictures);
		return packageIn(copy, out ?? join(root, `semantica-${version}.vsix`));
	});
}

/** One build, and of it a package for each target. @returns their paths. */
function packageTargets(targets, folder, pictures) {
	fetchOtherBinaries();
	build([]);
	writeReadme(root, pictures);
	const problems = targets.flatMap((target) =>
		lacks(join(root, 'dist/native'), target).map((sentence) => `${target}: ${sentence}`),
	);
	if (problems.length > 0) throw new Error(`Nothing is packaged.\n${problems.join('\n')}`);
	mkdirSync(folder, { recursive: true });
	return targets.map((target) => {
		const file = join(folder, vsixName(target));
		return target === UNIVERSAL ? packageIn(root, file) : packageFor(target, file, pictures);
	});
}

/** Packages what is built, with the binaries of one platform. */
export function packageFor(target, file, pictures) {
	return inCopy((copy) => {
		describe(copy, {});
		cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
		keepBinaries(join(copy, 'dist'), binariesOf(target));
		writeReadme(copy, pictures);
		return packageIn(copy, file, ['--target', target]);
	});
}

const vsixName = (target) => {
	const { name, version } = json(join(root, 'package.json'));
	return `${name}-${target === UNIVERSAL ? '' : `${target}-`}${version}.vsix`;
};

function inCopy(use) {
	const copy = mkdtempSync(join(tmpdir(), 'semantica-package-'));
	try {
		for (const name of SOURCES) cpSync(join(root, name), join(copy, name), { recursive: true });
		return use(copy);
	} finally {
		rmSync(copy, { recursive: true, force: true });
	}
}

/** A copy has none of the scripts. */
function describe(copy, changes) {
	const described = { ...json(join(root, 'package.json')), ...changes, scripts: {} };
	writeFileSync(join(copy, 'package.json'), JSON.stringify(described));
}

/** Those of other platforms go, and the build is called by what is left. */
function keepBinaries(dist, binaries) {
	const { version, builtAt, daemonFiles } = json(join(dist, 'build.json'));
	const foreign = (path) =>
		path.startsWith('native/') && !binaries.includes(path.slice('native/'.length));
	const paths = daemonFiles.map(({ path }) => path);
	for (const path of paths.filter(foreign)) rmSync(join(dist, path));
	// As old as the build it is of: beside it, it is no update.
	writeBuildInfo(dist, { version, builtAt, paths: paths.filter((path) => !foreign(path)) });
}

function build(flags) {
	const { status } = spawnSync(process.execPath, [join(root, 'esbuild.mjs'), ...flags], {
		cwd: root,
		stdio: 'inherit',
	});
	if (status !== 0) throw new Error('The build failed: nothing is packaged.');
}

function writeReadme(folder, pictures) {
	const readme = readFileSync(join(root, 'README.md'), 'utf8');
	writeFileSync(join(folder, README), extensionReadme(readme, pictures));
}

function packageIn(folder, file, flags = []) {
	requireDaemonFiles(folder, vsce(folder, 'ls').split('\n'));
	const text = vsce(folder, 'package', ...flags, '--out', file);
	if (/warning/i.test(text)) throw new Error(`vsce warns:\n${text}`);
	return file;
}

/** Its other options stand in package.json, where a plain `vsce package` reads them too; `ls` does not. */
function vsce(folder, ...args) {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[
			join(root, 'node_modules/@vscode/vsce/vsce'),
			...args,
			'--no-dependencies',
			'--readme-path',
			README,
		],
		{ cwd: folder, encoding: 'utf8', env: { ...process.env, [CALLED_BY_US]: '1' } },
	);
	if (status !== 0) throw new Error(`vsce ${args[0]} failed:\n${stdout}${stderr}`);
	return stdout + stderr;
}

/** What the daemon is copied from must be in the package, whatever else .vscodeignore says. */
function requireDaemonFiles(folder, packaged) {
	const missing = json(join(folder, 'dist/build.json'))
		.daemonFiles.map(({ path }) => path)
		.filter((path) => !packaged.includes(`dist/${path}`));
	if (missing.length > 0) throw new Error(`.vscodeignore leaves out ${missing.join(', ')}.`);
}

function main(values) {
	if (values.prepublish) {
		// It is all there already where we called vsce.
		if (process.env[CALLED_BY_US] !== undefined) return;
		fetchOtherBinaries();
		build([]);
		writeReadme(root, values.pictures);
		return;
	}
	if (values.target === undefined) {
		const file = packageExtension(values.out, values);
		console.log(`${file}: ${megabytes(statSync(file).size)}`);
		return;
	}
	const all = [UNIVERSAL, ...Object.keys(TARGETS)];
	const targets = values.target === 'all' ? all : [values.target];
	if (!all.includes(targets[0])) {
		throw new Error(`No target is called ${values.target}. There are: all, ${all.join(', ')}.`);
	}
	const files = packageTargets(targets, values.out ?? root, values.pictures);
	const sizes = Object.fromEntries(files.map((file, at) => [targets[at], statSync(file).size]));
	if (values.record) recordSizes(sizes);
	const { lines, problems } = compareSizes(sizes, recordedSizes());
	console.log(lines.join('\n'));
	if (problems.length === 0) return;
	throw new Error(
		`${problems.join('\n')}\nIf that is meant, record it: npm run package -- --target all --record`,
	);
}

if (process.argv[1] === import.meta.filename) {
	const { values } = parseArgs({
		options: {
			out: { type: 'string' },
			target: { type: 'string' },
			pictures: { type: 'string' },
			record: { type: 'boolean' },
			version: { type: 'string' },
			protocol: { type: 'string' },
			prepublish: { type: 'boolean' },
		},
	});
	try {
		main(values);
	} catch (error) {
		console.error(error.message);
		process.exitCode = 1;
	}
}
