import { describe, expect, test } from 'vitest';
import { jobEnvironment } from '../../../daemon/processes/environment.ts';
import { parseStat } from '../../../daemon/processes/posix/procfs.ts';
import { exitOutcome } from '../../../daemon/processes/posix/statusFiles.ts';
import { splitEnvironment } from '../../../daemon/processes/posix/supervisor.ts';

const ours = { home: '/data', jobId: 'id', run: 3, attempt: 2, token: 'secret' };

describe('the environment of a job', () => {
	test('is the allow-list, then its own variables, then ours, which nobody overrides', () => {
		const env = jobEnvironment(
			{ PATH: '/bin', HOME: '/root', AWS_SECRET_ACCESS_KEY: 'x', NODE_OPTIONS: '--inspect' },
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
		});
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
