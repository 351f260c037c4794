/**
 * Debian packages that the tests need beyond Node: installed where CI or SEMANTICA_TEST_INSTALL asks for it,
 * elsewhere the tests that want them say what was not proved.
 */
import { spawnSync } from 'node:child_process';

const NEEDED = [
	{ program: 'strace', package: 'strace' },
	{ program: 'promtool', package: 'prometheus' },
	{ program: 'notify-send', package: 'libnotify-bin' },
	{ program: 'dbus-daemon', package: 'dbus-daemon' },
	{ module: 'dbus', package: 'python3-dbus' },
	{ module: 'gi', package: 'python3-gi' },
	{ program: '/usr/sbin/pgbouncer', package: 'pgbouncer' },
	{ program: 'ip', package: 'iproute2' },
	{ program: 'openssl', package: 'openssl' },
];

const mayInstall = Boolean(process.env.CI || process.env.SEMANTICA_TEST_INSTALL);
const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const isThere = ({ program, module }) =>
	module === undefined
		? succeeds('/bin/sh', '-c', `command -v ${program}`)
		: succeeds('/usr/bin/python3', '-c', `import ${module}`);
const missing = NEEDED.filter((needed) => !isThere(needed));

if (process.platform === 'linux' && mayInstall && missing.length > 0) {
	const options = { stdio: 'inherit' };
	spawnSync('apt-get', ['update'], options);
	const names = missing.map((needed) => needed.package);
	spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...names], options);
}
