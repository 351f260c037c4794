/** Builds dist/: one bundle per process entry, the native SQLite binaries, migrations, and build.json. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import esbuild from 'esbuild';
import { WINDOWS_ARCHS, windowsBinary } from './scripts/windowsBinaries.mjs';

const watch = process.argv.includes('--watch');
const dist = 'dist';

const common = {
	bundle: true,
	platform: 'node',
	format: 'cjs',
	target: 'node22.15',
	sourcemap: watch ? 'inline' : false,
	legalComments: 'none',
	logLevel: 'warning',
	metafile: true,
	outdir: dist,
	// bufferutil-like optional requires of dependencies stay unresolved on purpose: none is needed.
	mainFields: ['module', 'main'],
};

/** What is imported dynamically stays out of the bundle, in a file of its own: a process that never needs it never reads it. */
const separate = (filter, file) => ({
	name: `separate ${file}`,
	setup(build) {
		build.onResolve({ filter }, ({ kind }) =>
			kind === 'dynamic-import' ? { path: `./${file}`, external: true } : undefined,
		);
	},
});

const builds = [
	{
		...common,
		minifyWhitespace: !watch,
		minifySyntax: !watch,
		// Names stay as they are: a stack trace in a log is to be read, and putting them back costs every closure a call.
		entryPoints: {
			daemon: 'daemon/main.ts',
			indexer: 'daemon/indexing/worker/main.ts',
			searcher: 'daemon/indexing/searcher/main.ts',
			maintenance: 'daemon/operations/maintenance/main.ts',
			battery: 'daemon/scheduling/power/batteryReport.ts',
			cli: 'daemon/cli/main.ts',
			execa: 'execa',
		},
		// An import() of a CommonJS file would see no more than its default export.
		supported: { 'dynamic-import': false },
		// Most daemons never need it, and it is a fourth of their code.
		plugins: [separate(/^execa$/, 'execa.js')],
	},
	{
		...common,
		minify: !watch,
		keepNames: true,
		entryPoints: {
			extension: 'extension/main.ts',
			languageClient: 'extension/connection/languageClient.ts',
		},
		external: ['vscode'],
		// The editor serves 'vscode' to require() only.
		supported: { 'dynamic-import': false },
		// Most of the extension's code, and no window needs it at start.
		plugins: [separate(/\/languageClient\.ts$/, 'languageClient.js')],
	},
];

/** The files that a daemon needs to run from a copy; each is listed in build.json. */
async function daemonFiles() {
	const native = (await readdir(join(dist, 'native'))).map((file) => `native/${file}`);
	const migrations = (await readdir(join(dist, 'migrations'))).map((file) => `migrations/${file}`);
	return [
		'daemon.js',
		'indexer.js',
		'searcher.js',
		'maintenance.js',
		'battery.js',
		'execa.js',
		...migrations,
		...native,
	].sort();
}

async function writeBuildInfo() {
	const { version } = JSON.parse(await readFile('package.json', 'utf8'));
	const files = await daemonFiles();
	const hash = createHash('sha256').update(version);
	for (const file of files) hash.update(file).update(await readFile(join(dist, file)));
	const buildId = `${version}-${hash.digest('hex').slice(0, 12)}`;
	await writeFile(
		join(dist, 'build.json'),
		`${JSON.stringify({ version, buildId, daemonFiles: files }, null, 2)}\n`,
	);
}

const finish = {
	name: 'finish',
	setup(build) {
		build.onEnd(async (result) => {
			if (result.errors.length > 0) return;
			await chmod(join(dist, 'cli.js'), 0o755).catch(() => {});
			await writeBuildInfo();
		});
	},
};

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, 'native'), { recursive: true });
await cp('migrations', join(dist, 'migrations'), { recursive: true });
const prebuilds = 'node_modules/better-sqlite3/prebuilds';
for (const file of await readdir(prebuilds))
	await cp(join(prebuilds, file), join(dist, 'native', file));

// Where they were fetched (scripts/windowsBinaries.mjs), or npm put them because this is Windows.
for (const arch of WINDOWS_ARCHS) {
	const own = `node_modules/@koromix/koffi-win32-${arch}/win32_${arch}/koffi.node`;
	const binary = [windowsBinary(arch), own].find((file) => existsSync(file));
	if (binary !== undefined) await cp(binary, join(dist, 'native', `koffi-win32-${arch}.node`));
}

if (watch) {
	for (const build of builds) {
		const context = await esbuild.context({
			...build,
			plugins: [...(build.plugins ?? []), finish],
		});
		await context.watch();
	}
} else {
	for (const build of builds) await esbuild.build(build);
	await chmod(join(dist, 'cli.js'), 0o755);
	await writeBuildInfo();
}
