import { expect, test } from 'vitest';
import { desktopVariables, inheritedEnvironment } from '../../../shared/environment.ts';

test('what programs need passes', () => {
	const env = { PATH: '/bin', HOME: '/h', LANG: 'C', LC_ALL: 'C', LC_TIME: 'de', TMPDIR: '/t' };
	expect(inheritedEnvironment(env)).toEqual(env);
});

test('secrets and the insides of editors and shells do not', () => {
	const leaky = {
		AWS_SECRET_ACCESS_KEY: 'x',
		GITHUB_TOKEN: 'x',
		ELECTRON_RUN_AS_NODE: '1',
		VSCODE_IPC_HOOK: '/x',
		NODE_OPTIONS: '--require=/evil',
		LD_PRELOAD: '/evil.so',
		BASH_ENV: '/evil',
		GIT_DIR: '/x',
		SEMANTICA_TOKEN: 'of another job',
		PATHS: 'not PATH',
		XLC_ALL: 'x',
	};
	expect(inheritedEnvironment({ ...leaky, PATH: '/bin' })).toEqual({ PATH: '/bin' });
});

test('names are compared as Windows does and kept as they were', () => {
	expect(inheritedEnvironment({ Path: 'C:\\', SystemRoot: 'C:\\W', lc_all: 'C' })).toEqual({
		Path: 'C:\\',
		SystemRoot: 'C:\\W',
		lc_all: 'C',
	});
});

test('what is unset stays unset, what is empty stays empty', () => {
	expect(inheritedEnvironment({ PATH: undefined, LANG: '' })).toEqual({ LANG: '' });
});

test('what finds a desktop is for the daemon, and no job inherits it', () => {
	const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/bus', DISPLAY: ':0', HOME: '/h' };
	expect(desktopVariables(env)).toEqual({
		DBUS_SESSION_BUS_ADDRESS: 'unix:path=/bus',
		DISPLAY: ':0',
	});
	expect(inheritedEnvironment(env)).toEqual({ HOME: '/h' });
});
