/** Brings the editor and the browser of the end-to-end tests onto this machine, or says what is missing. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const here = import.meta.dirname;

export const codeServer = join(here, 'node_modules/code-server/out/node/entry.js');

/** The first of these programs that stands on PATH. */
export function findProgram(...names: string[]): string | undefined {
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
	}
	return undefined;
}

export const findBrowser = (): string | undefined =>
	process.env.SEMANTICA_TEST_BROWSER ??
	findProgram('chromium', 'chromium-browser', 'google-chrome');

/** Debian packages are a change to the machine: only where somebody said so. */
const mayInstall = () => process.env.CI === 'true' || process.env.SEMANTICA_TEST_INSTALL === '1';

interface Needs {
	readonly browser: boolean;
}

/** @returns one line on what is missing and how to get it; undefined when all is there. */
export function setUp(needs: Needs): string | undefined {
	if (process.platform !== 'linux') return 'the end-to-end tests run on Linux only.';
	if (codeServerIsInstalled() && (!needs.browser || findBrowser() !== undefined)) return undefined;
	const packages = missingPackages(needs);
	if (packages.length > 0) {
		if (!mayInstall()) {
			return `${packages.join(' and ')} missing. Get it with "sudo apt-get install -y ${packages.join(' ')}", or set SEMANTICA_TEST_INSTALL=1.`;
		}
		const root = process.getuid?.() === 0;
		const apt = (...args: string[]) =>
			root ? run('apt-get', ...args) : run('sudo', 'apt-get', ...args);
		apt('update');
		apt('install', '-y', ...packages);
	}
	if (!codeServerIsInstalled()) {
		console.log(
			'Installing code-server for the end-to-end tests; this takes about two minutes once.',
		);
		run('npm', 'ci', '--no-audit', '--no-fund');
	}
	return undefined;
}

function missingPackages(needs: Needs): string[] {
	const missing: string[] = [];
	if (needs.browser && findBrowser() === undefined) missing.push('chromium');
	// One of code-server's native modules compiles against it.
	if (!codeServerIsInstalled() && !existsSync('/usr/include/gssapi/gssapi.h')) {
		missing.push('libkrb5-dev');
	}
	return missing;
}

function codeServerIsInstalled(): boolean {
	const read = (file: string) => JSON.parse(readFileSync(join(here, file), 'utf8'));
	try {
		const dependencies: Record<string, string> = read('package.json').dependencies;
		return Object.entries(dependencies).every(
			([name, version]) => read(`node_modules/${name}/package.json`).version === version,
		);
	} catch {
		return false;
	}
}

function run(program: string, ...args: string[]): void {
	// Node's own headers are a download that a closed network refuses; those of the system do as well.
	const headers = existsSync('/usr/include/node/node_api.h') ? { npm_config_nodedir: '/usr' } : {};
	// An npm that another npm started would take over that one's settings, and the name of its Node.
	const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
	const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
	execFileSync(program, args, {
		cwd: here,
		env: { ...Object.fromEntries(own), ...headers, PATH: path },
		stdio: ['ignore', 'inherit', 'inherit'],
	});
}
