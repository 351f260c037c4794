/** What a machine decides by itself: addresses, keys, leases, needs, recipes, pieces of logs. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needsTls, parseAddress, shownAddress } from '../../../daemon/fleet/address.ts';
import { filledIn } from '../../../daemon/fleet/inbox.ts';
import { createLeaseTime, graceWithin, marginOf } from '../../../daemon/fleet/lease.ts';
import { type Judging, ruleFor } from '../../../daemon/fleet/needs.ts';
import { packPiece, spansIn, unpackPiece } from '../../../daemon/fleet/pieces.ts';
import {
	isSignedBy,
	machineIdOf,
	openIdentity,
	readShownKey,
	shownKey,
} from '../../../daemon/fleet/trust.ts';
import { normalRepository } from '../../../shared/repository.ts';
import { temporaryFolder } from '../../support/daemon.ts';

test('an address is read whole, and shown without its password', () => {
	const address = parseAddress('postgres://box:p%40ss@db1:6432,[::1]/semantica');
	expect(address).toEqual({
		hosts: [
			{ host: 'db1', port: 6432 },
			{ host: '::1', port: 5432 },
		],
		user: 'box',
		password: 'p@ss',
		database: 'semantica',
	});
	expect(shownAddress(address)).not.toContain('p@ss');
	expect(parseAddress('postgres://box@localhost:5433/q?host=%2Frun%2Fpg').hosts).toEqual([
		{ host: '/run/pg', port: 5433 },
	]);
	for (const text of [
		'',
		'db',
		'http://a@b/c',
		'postgres://a@b',
		'postgres://a@b/c?sslmode=disable',
	]) {
		expect(() => parseAddress(text), text).toThrow('no address of a shared queue');
	}
	const clear = ['localhost', '127.0.0.1', '::1', '/run/pg'];
	for (const host of clear) expect(needsTls(host), host).toBe(false);
	for (const host of ['db', '10.0.0.1', '127.0.0.1.example.com', 'localhost.example.com']) {
		expect(needsTls(host), host).toBe(true);
	}
});

test('a key is kept, told, and signs for one purpose only', () => {
	const file = join(temporaryFolder(), 'key');
	const me = openIdentity(file);
	expect(openIdentity(file).key).toBe(me.key);
	expect(readShownKey(shownKey(me.key))).toBe(me.key);
	expect(machineIdOf(me.key)).toBe(me.id);
	expect(() => readShownKey('F123')).toThrow('no key of a machine');
	const bytes = Buffer.from('words');
	const signature = me.sign('job', bytes);
	expect(isSignedBy(me.key, 'job', bytes, signature)).toBe(true);
	expect(isSignedBy(me.key, 'order', bytes, signature)).toBe(false);
	expect(isSignedBy(me.key, 'job', Buffer.from('other'), signature)).toBe(false);
	expect(isSignedBy(openIdentity(`${file}2`).key, 'job', bytes, signature)).toBe(false);
	expect(isSignedBy('nonsense', 'job', bytes, signature)).toBe(false);
});

test('a lease is counted from before it was asked for, by whichever clock moved further', () => {
	const at = { now: 1000, monotonic: 50 };
	const time = createLeaseTime({ now: () => at.now, monotonic: () => at.monotonic });
	expect(time.left()).toBe(0);
	const confirmed = time.asking();
	at.monotonic += 5000;
	confirmed();
	expect(time.left()).toBe(55_000);
	// A laptop that slept: one of its clocks stood still.
	at.now += 70_000;
	expect(time.left()).toBe(0);
	at.now -= 200_000;
	expect(time.left()).toBe(55_000);
	time.void();
	expect(time.left()).toBe(0);
	expect(marginOf(graceWithin(60_000, 60_000), 60_000)).toBe(30_000);
});

describe('what a machine satisfies', () => {
	const rule = {
		key: 'A',
		commands: true,
		shell: false,
		recipes: ['test'],
		pools: ['gpu'],
		atMost: 1,
		secrets: ['TOKEN'],
		repos: [{ repo: 'example.com/a', folder: '/a' }],
	};
	const judging: Judging = {
		me: 'box',
		rules: [rule],
		recipes: { test: {} },
		secrets: { TOKEN: 'x' },
		met: ({ power }) => power === 'any',
		isAt: async (folder, commit) => folder === '/a' && commit === 'abc',
	};
	const base = { signer: 'A', kind: 'command' as const, on: 'box' };

	test.each([
		[base, true],
		[{ ...base, on: 'other' }, false],
		[{ ...base, on: undefined, pool: 'gpu' }, true],
		[{ ...base, on: undefined, pool: 'cpu' }, false],
		[{ ...base, pool: 'gpu' }, false],
		[{ ...base, signer: 'B' }, false],
		[{ ...base, shell: true }, false],
		[{ ...base, kind: 'recipe', recipe: 'test' }, true],
		[{ ...base, kind: 'recipe', recipe: 'other' }, false],
		[{ ...base, secrets: ['TOKEN'] }, true],
		[{ ...base, secrets: ['OTHER'] }, false],
		[{ ...base, repo: 'example.com/a', commit: 'abc' }, true],
		[{ ...base, repo: 'example.com/a', commit: 'def' }, false],
		[{ ...base, repo: 'example.com/b' }, false],
		[{ ...base, power: 'ac' }, false],
		// Of a version that is not here yet.
		[{ ...base, accelerator: 'gpu' }, false],
		[null, false],
	])('%j: %s', async (need, satisfied) => {
		expect((await ruleFor(need, judging)) !== undefined).toBe(satisfied);
	});
});

test('values of a recipe are whole arguments, and checked', () => {
	const recipe = {
		command: 'x',
		args: ['-n', '{a}', 'b{a}'],
		parameters: { a: { pattern: '[a-z]+|-x', mayBeOption: false } },
	};
	expect(filledIn('r', recipe, { a: 'ok' })).toEqual(['-n', 'ok', 'b{a}']);
	const wrong: [Record<string, string>, string][] = [
		[{}, 'is missing'],
		[{ a: 'A' }, 'may not be'],
		[{ a: 'ok\n' }, 'may not be'],
		[{ a: '-x' }, 'must not begin'],
		[{ a: 'a'.repeat(257) }, 'too long'],
		[{ a: 'ok', b: 'c' }, 'no parameter b'],
	];
	for (const [values, sentence] of wrong) {
		expect(() => filledIn('r', recipe, values), sentence).toThrow(sentence);
	}
});

test('a repository has one name however it was cloned', () => {
	for (const url of [
		'git@Example.com:team/thing.git',
		'https://example.com/team/thing',
		'https://me@example.com:443/team/thing.git/',
		'ssh://git@example.com/team/thing.git',
	]) {
		expect(normalRepository(url), url).toBe('example.com/team/thing');
	}
	expect(normalRepository('/srv/git/thing.git')).toBe('/srv/git/thing');
});

test('pieces of a log keep who wrote what', () => {
	const spans = [
		{ offset: 0, source: 'semantica' as const },
		{ offset: 5, source: 'stderr' as const },
	];
	const packed = packPiece({ text: Buffer.from('words').toString('base64'), spans });
	expect(unpackPiece(packed)).toEqual({ bytes: Buffer.from('words'), spans });
	expect(unpackPiece('bm9uc2Vuc2U=')).toBeUndefined();
	expect(spansIn(spans, 3, 9)).toEqual([{ offset: 3, source: 'semantica' }, spans[1]]);
	expect(spansIn([], 3, 9)).toEqual([{ offset: 3, source: 'stdout' }]);
});
