/** fleet.json of a newer build: what is not known is kept, and nothing that could limit what may run is passed over. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openMembership } from '../../../daemon/fleet/membership.ts';
import { temporaryFolder } from '../../support/daemon.ts';

const JOINED = { address: 'postgres://box@db/semantica', name: 'box', fleet: 'f' };
const RULE = { key: 'a2V5', commands: true };

function written(content: unknown) {
	const file = join(temporaryFolder(), 'fleet.json');
	writeFileSync(file, JSON.stringify(content));
	return { file, membership: openMembership(file) };
}
const now = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

test('what a newer build says besides is read past, and kept through a change', () => {
	const newer = { joined: { ...JOINED, route: { via: 'x' } }, accept: [RULE], quotas: [1] };
	const { file, membership } = written(newer);
	const read = membership.read();
	expect([read.problem, read.joined?.name, read.accept.length]).toEqual([undefined, 'box', 1]);
	membership.change((all) => ({ ...all, secrets: { TOKEN: 'x' } }));
	expect(now(file)).toMatchObject({ ...newer, secrets: { TOKEN: 'x' } });
});

test('leaving keeps what is not known of the file, and else removes it', () => {
	const { file, membership } = written({ joined: JOINED, quotas: [1] });
	membership.change(({ joined: _, ...rest }) => rest);
	expect(now(file)).toMatchObject({ quotas: [1] });
	const plain = written({ joined: JOINED });
	plain.membership.change(({ joined: _, ...rest }) => rest);
	expect(existsSync(plain.file)).toBe(false);
});

test.each([
	['a rule', { accept: [{ ...RULE, hours: '9-17' }] }],
	['a recipe', { recipes: { test: { command: 'npm', confined: true } } }],
	[
		'a parameter',
		{ recipes: { test: { command: 'npm', parameters: { a: { pattern: 'x', most: 1 } } } } },
	],
])('%s with a word that is not known lets nothing run', (_, said) => {
	const { file, membership } = written({ joined: JOINED, ...said });
	expect(membership.read()).toMatchObject({
		accept: [],
		recipes: {},
		problem: expect.stringContaining('no work of others is taken'),
	});
	expect(() => membership.change((all) => all)).toThrow('cannot be understood');
	expect(now(file)).toMatchObject(said);
});
