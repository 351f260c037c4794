import { describe, expect, test } from 'vitest';
import { jobEnvironment } from '../../../daemon/processes/environment.ts';
import { parseStat } from '../../../daemon/processes/posix/procfs.ts';
import { splitEnvironment } from '../../../daemon/processes/posix/shellVariables.ts';
import { exitOutcome } from '../../../daemon/processes/posix/statusFiles.ts';
import { surroundingsSchema } from '../../../shared/jobFields.ts';
import { surroundingsOf } from '../../../shared/surroundings.ts';

const ours = {
	home: '/data',
	jobId: 'id',
	run: 3,
	attempt: 2,
	token: 'secret',
	answers: '/data/answers',
	checkpoint: '/data/reached.json',
	dueAt: 1_700_000_000_000,
};

describe('the environment of a job', () => {
	test('is the allow-list, then its own variables, then ours, which nobody overrides', () => {
		const env = jobEnvironment(
			{ PATH: '/bin', HOME: '/root', AWS_SECRET_ACCESS_KEY: 'x', NODE_OPTIONS: '--inspect' },
			undefined,
			{ PATH: '/own', EXTRA: '1', SEMANTICA_TOKEN: 'forged', SEMANTICA_JOB_ID: 'other' },
			ours,
		);
		expect(env).toEqual({
			PATH: '/own',
			HOME: '/root',
			EXTRA: '1',
			SEMANTICA_HOME: '/data',
			SEMANTICA_JOB_ID: 'id',
			SEMANTICA_RUN: '3',
			SEMANTICA_ATTEMPT: '2',
			SEMANTICA_TOKEN: 'secret',
			SEMANTICA_ANSWERS_DIR: '/data/answers',
			SEMANTICA_CHECKPOINT_FILE: '/data/reached.json',
			SEMANTICA_DUE_AT: '1700000000000',
		});
	});
});

describe('the surroundings of a job', () => {
	const daemon = {
		PATH: '/bin',
		LANG: 'de_DE.UTF-8',
		LC_TIME: 'fr_FR.UTF-8',
		TZ: 'Europe/Berlin',
		TMPDIR: '/first/tmp',
		TERM: 'xterm',
		SSH_AUTH_SOCK: '/first/agent',
		XDG_RUNTIME_DIR: '/run/user/1',
	};
	const given = (surroundings?: Record<string, string>, own = {}) => {
		const env = jobEnvironment(daemon, surroundings, own, ours);
		return Object.fromEntries(
			Object.entries(env).filter(([name]) => !name.startsWith('SEMANTICA_')),
		);
	};

	test('are those of the client alone, where it says any', () => {
		expect(given({ LANG: 'C', SSH_AUTH_SOCK: '/mine' })).toEqual({
			PATH: '/bin',
			LANG: 'C',
			SSH_AUTH_SOCK: '/mine',
		});
		expect(given({})).toEqual({ PATH: '/bin' });
		expect(given({ TZ: 'UTC' }, { TZ: 'Asia/Tokyo' })).toEqual({ PATH: '/bin', TZ: 'Asia/Tokyo' });
	});

	test('are what outlasts the session of the first starter, where it says none', () => {
		expect(given()).toEqual({
			PATH: '/bin',
			LANG: 'de_DE.UTF-8',
			LC_TIME: 'fr_FR.UTF-8',
			TZ: 'Europe/Berlin',
			TMPDIR: '/first/tmp',
		});
	});

	test('are read from the shell: its umask, the limit it has not been raised from, and its variables', () => {
		const limits =
			'Limit                     Soft Limit           Hard Limit           Units     \n' +
			'Max open files            2048                 524288               files     \n';
		const env = { LANG: 'C', LC_ALL: 'C', HOME: '/h', SECRET: 'x', TERM: undefined };
		expect(surroundingsOf(env, 0o077, limits)).toEqual({
			umask: 0o077,
			openFiles: 2048,
			env: { LANG: 'C', LC_ALL: 'C' },
		});
		expect(surroundingsOf({}, 0o022, undefined)).toEqual({ umask: 0o022, env: {} });
	});

	test('are refused by path where they are something else', () => {
		const refused = surroundingsSchema.safeParse({ env: { LD_PRELOAD: 'x' } });
		expect(refused.error?.issues[0]?.path).toEqual(['env', 'LD_PRELOAD']);
		expect(surroundingsSchema.safeParse({ umask: 0o1000 }).success).toBe(false);
	});
});

describe('names that sh would drop', () => {
	test('are told from those it keeps', () => {
		expect(
			splitEnvironment({ PATH: '/bin', _a1: 'x', 'a.b': '1', 'a-b': '2', '1a': '3', ü: '4' }),
		).toEqual({ plain: { PATH: '/bin', _a1: 'x' }, odd: ['a.b=1', 'a-b=2', '1a=3', 'ü=4'] });
	});

	test('keep values that hold anything', () => {
		expect(splitEnvironment({ 'a.b': 'x=y\n z' }).odd).toEqual(['a.b=x=y\n z']);
	});
});

describe('the start time of a process', () => {
	const fields = Array.from({ length: 50 }, (_, i) => `f${i + 3}`).join(' ');

	test.each(['sh', 'a b', 'a) b', ') (', '((((', 'x) S 1 2 3 4'])(
		'is field 22, whatever the name: %s',
		(name) => {
			expect(parseStat(`42 (${name}) ${fields}`)).toMatchObject({ pid: 42, startTime: 'f22' });
		},
	);

	test('is unknown in what is no stat file', () => {
		expect(parseStat('')).toBeUndefined();
		expect(parseStat('42 (sh) S 1')).toBeUndefined();
	});
});

describe('an exit code', () => {
	test('is itself, and names a signal only where shells do', () => {
		expect(exitOutcome(0)).toEqual({ kind: 'exit', exitCode: 0, signal: null });
		expect(exitOutcome(1)).toEqual({ kind: 'exit', exitCode: 1, signal: null });
		expect(exitOutcome(127)).toEqual({ kind: 'exit', exitCode: 127, signal: null });
		expect(exitOutcome(128)).toEqual({ kind: 'exit', exitCode: 128, signal: null });
		expect(exitOutcome(255)).toEqual({ kind: 'exit', exitCode: 255, signal: null });
	});

	test.each([
		[129, 'SIGHUP'],
		[130, 'SIGINT'],
		[134, 'SIGABRT'],
		[137, 'SIGKILL'],
		[139, 'SIGSEGV'],
		[143, 'SIGTERM'],
	])('%i is inferred to be %s', (exitCode, signal) => {
		expect(exitOutcome(exitCode)).toEqual({ kind: 'exit', exitCode, signal });
	});
});
