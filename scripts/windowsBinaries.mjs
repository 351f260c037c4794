/** The native modules that only Windows loads. npm installs them nowhere else, so they have a manifest of their own. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../daemon/native/windows');
const read = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

/** @returns where koffi's module for Windows on this processor is, or will be. */
export function windowsBinary(arch) {
	return join(folder, `node_modules/@koromix/koffi-win32-${arch}/win32_${arch}/koffi.node`);
}

export const WINDOWS_ARCHS = ['x64', 'arm64'];

/** Installs them, as the lock file says, unless they are there. */
export function fetchWindowsBinaries() {
	if (areThere()) return;
	// --force: they are not for the platform that we are on.
	const { status } = spawnSync(
		'npm',
		['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund'],
		{ cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' },
	);
	if (status !== 0) {
		throw new Error(
			'The native modules for Windows could not be fetched. Check that the npm registry can be reached, and try again.',
		);
	}
}

function areThere() {
	try {
		return Object.entries(read('package.json').dependencies).every(
			([name, version]) => read(`node_modules/${name}/package.json`).version === version,
		);
	} catch {
		return false;
	}
}
