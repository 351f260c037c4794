/**
 * `bin/semantica` (and `semantica.cmd`): what the configurations of AI tools name, since its path stays the same. It
 * runs the command line of the newest build beside it, on a Node that it remembers, and looks for another when that
 * is gone.
 */
import { randomUUID } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildInfo } from '../build.ts';
import { isNewer } from '../build.ts';
import type { DataPaths } from '../paths.ts';
import { prepareUsers, USERS } from './buildUse.ts';

/** Where people have their Nodes, beside PATH, which editors often know only in part. */
const PLACES = [
	'"$HOME"/.nvm/versions/node/*/bin/node',
	'"$HOME"/.volta/bin/node',
	'"$HOME"/.local/share/fnm/node-versions/*/installation/bin/node',
	'"$HOME"/.local/share/mise/installs/node/*/bin/node',
	'"$HOME"/.asdf/installs/nodejs/*/bin/node',
	'/opt/homebrew/bin/node',
	'/usr/local/bin/node',
	'/usr/bin/node',
];

/** Node-API 10: what the daemon's SQLite needs. */
const USABLE = 'process.exit(process.versions.napi >= 10 ? 0 : 1)';
const NONE =
	'Semantica finds no Node 22.15 or newer. Install one, or open VS Code with Semantica once.';

export function launcherPath({ bin }: Pick<DataPaths, 'bin'>, platform = process.platform): string {
	return join(bin, platform === 'win32' ? 'semantica.cmd' : 'semantica');
}

/** Says which build the launcher runs, if it is the newest so far. What is as it should be is not touched. */
export async function installLauncher(paths: DataPaths, build: BuildInfo): Promise<void> {
	const { bin } = paths;
	const current = await currentBuild(bin);
	if (current !== undefined && isNewer(current, build)) return;
	await write(join(bin, 'semantica.build'), `${build.buildId}\n`);
	await prepareUsers(join(bin, build.buildId));
	await rememberNode(join(bin, 'semantica.node'));
	await write(join(bin, 'semantica'), shellScript(paths), 0o700);
	if (process.platform === 'win32') await write(join(bin, 'semantica.cmd'), commandScript(paths));
}

async function currentBuild(bin: string): Promise<BuildInfo | undefined> {
	try {
		const name = (await readFile(join(bin, 'semantica.build'), 'utf8')).trim();
		return JSON.parse(await readFile(join(bin, name, 'build.json'), 'utf8')) as BuildInfo;
	} catch {
		// Not there, or not to be understood: to be made anew.
		return undefined;
	}
}

/** Ours, where it is a plain Node or there is no other: an editor's is slower to start, and moves with its updates. */
async function rememberNode(file: string): Promise<void> {
	if (Number(process.versions.napi) < 10) return;
	const known = (await readFile(file, 'utf8').catch(() => '')).trim();
	if ('electron' in process.versions && isExecutable(known)) return;
	await write(file, `${process.execPath}\n`);
}

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return file !== '';
	} catch {
		return false;
	}
}

async function write(file: string, text: string, mode = 0o600): Promise<void> {
	if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return;
	const draft = `${file}.${randomUUID()}.tmp`;
	try {
		await writeFile(draft, text, { mode });
		await rename(draft, file);
	} finally {
		await rm(draft, { force: true });
	}
}

function shellScript({ bin, home }: DataPaths): string {
	return `#!/bin/sh
# Semantica's command line: the newest build beside this file. Made by Semantica, which makes it anew.
bin=${quoted(bin)}
[ -n "$SEMANTICA_HOME" ] || SEMANTICA_HOME=${quoted(home)}
export SEMANTICA_HOME ELECTRON_RUN_AS_NODE=1
build= node=
{ IFS= read -r build <"$bin/semantica.build"; } 2>/dev/null
{ IFS= read -r node <"$bin/semantica.node"; } 2>/dev/null
if [ ! -f "$bin/$build/cli.js" ]; then
	cli=$(ls -t "$bin"/*/cli.js 2>/dev/null | head -n 1)
	build=\${cli#"$bin/"}
	build=\${build%/cli.js}
	[ -n "$build" ] || { echo 'Semantica has no build left here. Open VS Code with it once, or run its command line.' >&2; exit 1; }
fi
if [ ! -x "$node" ]; then
	node=
	for one in "$(command -v node)" ${PLACES.join(' ')}; do
		if [ -x "$one" ] && "$one" -e '${USABLE}' >/dev/null 2>&1; then
			node=$one
			break
		fi
	done
	[ -n "$node" ] || { echo '${NONE}' >&2; exit 1; }
	{ printf '%s\\n' "$node" >"$bin/semantica.node.$$.tmp" && mv -f "$bin/semantica.node.$$.tmp" "$bin/semantica.node"; } 2>/dev/null
fi
# So long as this process lives, which becomes it.
[ "$1" != mcp ] || { printf '' >"$bin/$build/${USERS}/$$"; } 2>/dev/null
exec "$node" "$bin/$build/cli.js" "$@"
`;
}

/** Beside it there is no other: what cmd.exe calls. */
function commandScript({ home }: DataPaths): string {
	return [
		'@echo off',
		'rem Semantica, the newest build beside this file. Made by Semantica, which makes it anew.',
		'setlocal',
		'chcp 65001 >nul',
		`if not defined SEMANTICA_HOME set "SEMANTICA_HOME=${home.replaceAll('%', '%%')}"`,
		'set ELECTRON_RUN_AS_NODE=1',
		'set "build="',
		'set "node="',
		'if exist "%~dp0semantica.build" set /p build=<"%~dp0semantica.build"',
		'if exist "%~dp0semantica.node" set /p node=<"%~dp0semantica.node"',
		'if not exist "%node%" for /f "delims=" %%n in (\'where node 2^>nul\') do if not exist "%node%" set "node=%%n"',
		`if not exist "%node%" (echo ${NONE} 1>&2 & exit /b 1)`,
		'"%node%" "%~dp0%build%\\cli.js" %*',
		'exit /b %ERRORLEVEL%',
		'',
	].join('\r\n');
}

/** One word for sh, whatever it holds. */
function quoted(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}
