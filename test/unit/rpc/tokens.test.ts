import { expect, test } from 'vitest';
import { createTokens } from '../../../daemon/rpc/tokens.ts';

test('the data folder’s token makes a client, and nothing near it does', () => {
	const tokens = createTokens('a'.repeat(64));
	expect(tokens.identify('a'.repeat(64))).toEqual({ job: undefined });
	for (const wrong of ['', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), `${'a'.repeat(64)}\n`]) {
		expect(tokens.identify(wrong)).toBeUndefined();
	}
});

test('a run’s token names that run until it is revoked', () => {
	const tokens = createTokens('client');
	const first = tokens.issue('job', 1);
	const second = tokens.issue('job', 2);
	expect(first).toMatch(/^[0-9a-f]{64}$/);
	expect(second).not.toBe(first);
	expect(tokens.identify(first)).toEqual({ job: { id: 'job', run: 1 } });
	tokens.revoke(first);
	expect(tokens.identify(first)).toBeUndefined();
	expect(tokens.identify(second)).toEqual({ job: { id: 'job', run: 2 } });
});

test('revoking what was never issued changes nothing', () => {
	const tokens = createTokens('client');
	tokens.revoke('client');
	tokens.revoke('unknown');
	expect(tokens.identify('client')).toEqual({ job: undefined });
});
