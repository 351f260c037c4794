/**
 * Debian packages that the tests need beyond Node: installed where CI or SEMANTICA_TEST_INSTALL asks for it,
 * elsewhere the tests that want them say what was not proved.
 */
import { spawnSync } from 'node:child_process';

const NEEDED = [{ program: 'strace', package: 'strace' }];

const mayInstall = Boolean(process.env.CI || process.env.SEMANTICA_TEST_INSTALL);
const isThere = (program) =>
	spawnSync('/bin/sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
const missing = NEEDED.filter(({ program }) => !isThere(program));

if (process.platform === 'linux' && mayInstall && missing.length > 0) {
	const options = { stdio: 'inherit' };
	spawnSync('apt-get', ['update'], options);
	const names = missing.map((needed) => needed.package);
	spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...names], options);
}
