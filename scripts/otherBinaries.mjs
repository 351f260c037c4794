/** Native modules that npm installs on their own platform alone: a manifest of their own brings all of them anywhere. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../daemon/native/others');
const read = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

const ARCHS = ['x64', 'arm64'];

/** What each is called in dist/native/, and where it is below a node_modules. */
export const OTHER_BINARIES = Object.fromEntries([
	...ARCHS.map((arch) => [
		`koffi-win32-${arch}.node`,
		`@koromix/koffi-win32-${arch}/win32_${arch}/koffi.node`,
	]),
	...['linux', 'darwin'].flatMap((platform) =>
		ARCHS.map((arch) => [
			`pty-${platform}-${arch}.node`,
			`@lydell/node-pty-${platform}-${arch}/pty.node`,
		]),
	),
]);

/** @returns where that module is, or will be, once it was fetched. */
export function otherBinary(name) {
	return join(folder, 'node_modules', OTHER_BINARIES[name]);
}

/** Installs them, as the lock file says, unless they are there. */
export function fetchOtherBinaries() {
	if (areThere()) return;
	// --force: they are not for the platform that we are on.
	const { status } = spawnSync(
		'npm',
		['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund'],
		{ cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' },
	);
	if (status !== 0) {
		throw new Error(
			'The native modules for other platforms could not be fetched. Check that the npm registry can be reached, and try again.',
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
