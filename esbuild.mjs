/**
 * Builds dist/: one bundle per process entry, the native SQLite binaries, migrations, and build.json.
 * `--out FOLDER` builds elsewhere, `--version VERSION` calls it otherwise than package.json does, `--protocol NUMBER`
 * makes one that others do not understand: tests let different builds meet.
 */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';
import { writeBuildInfo } from './scripts/buildInfo.mjs';
import { thirdPartyNotices } from './scripts/notices.mjs';
import { OTHER_BINARIES, otherBinary } from './scripts/otherBinaries.mjs';

const { values: flags } = parseArgs({
	options: {
		watch: { type: 'boolean', default: false },
		out: { type: 'string', default: 'dist' },
		version: { type: 'string' },
		protocol: { type: 'string' },
	},
});
const { watch, out: dist } = flags;

const version = flags.version ?? JSON.parse(await readFile('package.json', 'utf8')).version;

const otherProtocol = {
	name: 'other protocol',
	setup(build) {
		build.onLoad({ filter: /shared[\\/]protocol[\\/]version\.ts$/ }, () => ({
			contents: `export const PROTOCOL_VERSION = ${Number(flags.protocol)};`,
			loader: 'ts',
		}));
	},
};

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

/** What such a module exports is made now, and stands in the bundle: whoever loads that needs nothing to make it with. */
const constants = {
	name: 'constants',
	setup(build) {
		build.onLoad({ filter: /\.constant\.ts$/ }, async ({ path }) => {
			const made = await esbuild.build({
				entryPoints: [path],
				bundle: true,
				platform: 'node',
				format: 'esm',
				write: false,
				metafile: true,
			});
			const code = Buffer.from(made.outputFiles[0].contents).toString('base64');
			const exported = await import(`data:text/javascript;base64,${code}`);
			const lines = Object.entries(exported).map(
				// V8 takes ten times as long for a literal of some size.
				([name, value]) =>
					`export const ${name} = JSON.parse(${JSON.stringify(JSON.stringify(value))});`,
			);
			const watchFiles = Object.keys(made.metafile.inputs).map((file) => resolve(file));
			return { contents: lines.join('\n'), loader: 'js', watchFiles };
		});
	},
};

/** What of the extension is read when it is first needed: most of its code, and no window needs it at start. */
const LATE = [
	'connection/languageClient',
	'connection/launch',
	'commands/aiPolicy',
	'commands/askForCommand',
	'environment/chooseEnvironment',
	'commands/joinFleet',
	'commands/showFleet',
	'fleet/where',
	'commands/restartDaemon',
	'commands/scheduleCommand',
	'commands/stopDaemon',
	'search/faces',
	'commands/bodies',
	'jobs/text/details',
	'commands/diagnose',
	'ai/approvals',
	'problems/diagnostics',
	'ai/languageTools',
	'ai/prepareServer',
	'ai/toolServer',
	'dashboard/panel',
	'logs/logViews',
	'tasks/chooseTask',
	'tasks/taskTerminal',
	'publicApi',
];

const protocolPlugins = flags.protocol === undefined ? [] : [otherProtocol];

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
			inputs: 'daemon/indexing/inputs/main.ts',
			watching: 'daemon/indexing/watching/main.ts',
			logSearch: 'daemon/processes/log/search/main.ts',
			history: 'daemon/metrics/history/main.ts',
			largeMessages: 'daemon/rpc/large/main.ts',
			maintenance: 'daemon/operations/maintenance/main.ts',
			battery: 'daemon/scheduling/power/batteryReport.ts',
			terminal: 'daemon/processes/terminal/main.ts',
			cli: 'daemon/cli/start.ts',
			commandLine: 'daemon/cli/main.ts',
			mcp: 'daemon/cli/mcp/main.ts',
			mcpServer: 'daemon/cli/mcp/server.ts',
			aiSetup: 'daemon/cli/setup/main.ts',
			newest: 'daemon/cli/service/newest.ts',
			execa: 'execa',
			pg: 'pg',
		},
		define: { SEMANTICA_VERSION: JSON.stringify(version) },
		// Of pg's, for who asks for it: nobody does.
		external: ['pg-native', 'pg-cloudflare'],
		// An import() of a CommonJS file would see no more than its default export.
		supported: { 'dynamic-import': false },
		plugins: [
			// Most daemons never need it, and it is a fourth of their code.
			separate(/^execa$/, 'execa.js'),
			// Only where machines share a queue.
			separate(/^pg$/, 'pg.js'),
			// A host starts `semantica mcp` with each window, and most ask it for its tools at most.
			separate(/^\.\/main\.ts$/, 'commandLine.js'),
			separate(/\/mcp\/main\.ts$/, 'mcp.js'),
			separate(/^\.\/server\.ts$/, 'mcpServer.js'),
			separate(/\/setup\/main\.ts$/, 'aiSetup.js'),
			constants,
			...protocolPlugins,
		],
	},
	{
		...common,
		minifyWhitespace: !watch,
		minifySyntax: !watch,
		format: 'esm',
		outExtension: { '.js': '.mjs' },
		entryPoints: { client: 'sdk/client.ts' },
		// What it carries is CommonJS, and asks for parts of Node.
		banner: {
			js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
		},
		plugins: protocolPlugins,
	},
	{
		...common,
		minify: !watch,
		keepNames: true,
		entryPoints: {
			extension: 'extension/main.ts',
			...Object.fromEntries(LATE.map((part) => [basename(part), `extension/${part}.ts`])),
		},
		external: ['vscode'],
		// The editor serves 'vscode' to require() only.
		supported: { 'dynamic-import': false },
		plugins: [
			...LATE.map((part) =>
				separate(new RegExp(`/${basename(part)}\\.ts$`), `${basename(part)}.js`),
			),
			...protocolPlugins,
		],
	},
	{
		bundle: true,
		platform: 'browser',
		format: 'iife',
		target: 'es2024',
		minify: !watch,
		sourcemap: watch ? 'inline' : false,
		legalComments: 'none',
		logLevel: 'warning',
		metafile: true,
		outdir: join(dist, 'dashboard'),
		entryPoints: {
			page: 'extension/dashboard/view/main.ts',
			style: 'extension/dashboard/view/style.css',
		},
	},
];

/** Packages whose compiled code is packaged beside the bundles. */
const NATIVE = ['better-sqlite3', 'koffi', '@lydell/node-pty'].map(
	(name) => `node_modules/${name}/package.json`,
);

/** The files that a daemon needs to run from a copy; each is listed in build.json. */
async function daemonFiles() {
	const inFolder = async (folder) =>
		(await readdir(join(dist, folder))).map((file) => `${folder}/${file}`);
	return [
		'daemon.js',
		// bin/semantica runs from a copy, too.
		'cli.js',
		'commandLine.js',
		'mcp.js',
		'mcpServer.js',
		'aiSetup.js',
		'newest.js',
		'indexer.js',
		'searcher.js',
		'inputs.js',
		'watching.js',
		'logSearch.js',
		'history.js',
		'largeMessages.js',
		'maintenance.js',
		'battery.js',
		'terminal.js',
		'execa.js',
		'pg.js',
		...(await inFolder('migrations')),
		...(await inFolder('fleet')),
		...(await inFolder('monitoring')),
		...(await inFolder('native')),
	].sort();
}

/** The types of the module for programs: they are written so that they stand alone. */
async function writeClientTypes() {
	const types = await readFile('sdk/api.ts', 'utf8');
	const connect = `
/** @throws an Error with a sentence where no daemon can be reached or started. */
export declare function connect(options?: ConnectOptions): Promise<Client>;
`;
	await writeFile(join(dist, 'client.d.ts'), types + connect);
}

const describeBuild = async () =>
	writeBuildInfo(dist, { version, builtAt: Date.now(), paths: await daemonFiles() });

const finish = {
	name: 'finish',
	setup(build) {
		build.onEnd(async (result) => {
			if (result.errors.length > 0) return;
			await chmod(join(dist, 'cli.js'), 0o755).catch(() => {});
			await describeBuild();
		});
	},
};

// Nobody else's folder is emptied.
if (flags.out === 'dist') await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, 'native'), { recursive: true });
await cp('migrations', join(dist, 'migrations'), {
	recursive: true,
	filter: (path) => basename(path) !== 'fleet',
});
await cp('migrations/fleet', join(dist, 'fleet'), { recursive: true });
await cp('media/monitoring', join(dist, 'monitoring'), { recursive: true });
const prebuilds = 'node_modules/better-sqlite3/prebuilds';
for (const file of await readdir(prebuilds))
	await cp(join(prebuilds, file), join(dist, 'native', file));

// Where they were fetched (scripts/otherBinaries.mjs), or npm put them because this is their platform.
for (const [name, path] of Object.entries(OTHER_BINARIES)) {
	const binary = [otherBinary(name), join('node_modules', path)].find((file) => existsSync(file));
	if (binary !== undefined) await cp(binary, join(dist, 'native', name));
}

await writeClientTypes();

if (watch) {
	for (const build of builds) {
		const context = await esbuild.context({
			...build,
			plugins: [...(build.plugins ?? []), finish],
		});
		await context.watch();
	}
} else {
	const results = await Promise.all(builds.map((build) => esbuild.build(build)));
	const bundled = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
	const notices = thirdPartyNotices([...bundled, ...NATIVE]);
	await writeFile(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices);
	await chmod(join(dist, 'cli.js'), 0o755);
	await describeBuild();
}
