import { describe, expect, it } from 'vitest';
import { createKeptEnvironments } from '../../../extension/environment/kept.ts';
import {
	looksSecret,
	parseEnvironment,
	shownValue,
} from '../../../extension/environment/variables.ts';

const printed = (...entries: string[]) => Buffer.from(entries.map((one) => `${one}\0`).join(''));

describe('what a terminal says of its environment', () => {
	it('is taken with line breaks and equals signs, sorted by name', () => {
		expect(
			parseEnvironment(printed('PATH=/a:/b', 'LINES_OF=one\ntwo', 'A=b=c', 'EMPTY=', '﻿X=1')),
		).toEqual({ A: 'b=c', EMPTY: '', LINES_OF: 'one\ntwo', PATH: '/a:/b' });
	});

	it('is left where it is the terminal’s own, a function, no text, or cut off', () => {
		const own = ['_=/usr/bin/env', 'PWD=/w', 'TERM=xterm', 'VSCODE_IPC_HOOK_CLI=/s', 'SHLVL=2'];
		const ours = ['SEMANTICA_TOKEN=x', 'ELECTRON_RUN_AS_NODE=1'];
		const odd = ['BASH_FUNC_which%%=() {  :\n}', '=C:', 'noequals'];
		const bytes = Buffer.concat([
			printed(...own, ...ours, ...odd, 'GOOD=1'),
			...[Buffer.from('BAD='), Buffer.from([0xe9, 0]), Buffer.from('CUT=of')],
		]);
		expect(parseEnvironment(bytes)).toEqual({ GOOD: '1' });
	});
});

describe('a value', () => {
	it.each([
		['GITHUB_TOKEN', 'abc'],
		['AWS_SECRET_ACCESS_KEY', 'abc'],
		['DB_PASSWORD', 'abc'],
		['PGPASSWORD', 'abc'],
		['OPENAI_API_KEY', 'abc'],
		['SENTRY_DSN', 'abc'],
		['DATABASE_URL', 'postgres://me:pw@host/db'],
		['WHATEVER', 'ghp_0123456789'],
		['SESSION', 'eyJhbGciOi.J9'],
		['CERT', '-----BEGIN PRIVATE KEY-----'],
	])('of %s looks secret, and is not shown', (name, value) => {
		expect(looksSecret(name, value)).toBe(true);
		expect(shownValue(name, value)).not.toContain(value);
	});

	it.each([
		['PATH', '/usr/bin'],
		['SSH_AUTH_SOCK', '/tmp/agent.1'],
		['GOOGLE_APPLICATION_CREDENTIALS', '/home/me/key.json'],
		['KEYBOARD', 'us'],
		['MONKEY', 'yes'],
		['HOMEPAGE', 'https://example.org/a:b@c'],
	])('of %s does not', (name, value) => {
		expect(looksSecret(name, value)).toBe(false);
	});

	it('is one line of some length', () => {
		expect(shownValue('A', 'a\n\tb\u2028c')).toBe('a b c');
		expect(shownValue('A', 'x'.repeat(500))).toHaveLength(100);
	});
});

describe('what is kept', () => {
	it('is of its folder, until it is dropped; what another version wrote is passed over', async () => {
		let stored: unknown = { 'file:///odd': { takenAt: 'x' }, 'file:///old': { takenAt: 1 } };
		const kept = createKeptEnvironments({
			get: <T>(_key: string, fallback: T) => (stored ?? fallback) as T,
			update: async (_key, value) => {
				stored = value;
			},
		});
		expect(kept.of('file:///odd')).toBeUndefined();
		expect(kept.of('file:///old')).toBeUndefined();
		await kept.keep('file:///a', { takenAt: 5, variables: { A: '1' } });
		await kept.keep('file:///b', { takenAt: 6, variables: { B: '2' } });
		expect(kept.of('file:///a')).toEqual({ takenAt: 5, variables: { A: '1' } });
		await kept.keep('file:///a', undefined);
		expect(kept.of('file:///a')).toBeUndefined();
		expect(kept.of('file:///b')?.variables).toEqual({ B: '2' });
	});
});
