import { describe, expect, test } from 'vitest';
import { consented } from '../../../../daemon/indexing/meaning/entries.ts';

const CONSENT = { root: '/folder', origin: 'http://127.0.0.1:1', model: 'm' };
const ENTRY = { root: '/folder', endpoint: 'http://127.0.0.1:1/v1', model: 'm', consent: CONSENT };
const KEY = { root: '/folder', origin: 'http://127.0.0.1:1', key: 'k' };
const of = (entry: unknown, keys: unknown = [KEY]) => consented([entry], keys, 'file:///folder');

describe.skipIf(process.platform === 'win32')('what may be sent', () => {
	test('is what was agreed to', () => {
		expect(of(ENTRY)).toMatchObject({
			url: 'http://127.0.0.1:1/v1/embeddings',
			model: 'm',
			key: 'k',
		});
		expect(of(ENTRY, null)?.key).toBeUndefined();
		expect(of(ENTRY, [{ ...KEY, origin: 'https://elsewhere' }])?.key).toBeUndefined();
	});

	test.each([
		['nothing', undefined],
		['no list', 'yes'],
		['another folder', { ...ENTRY, root: '/other' }],
		['another endpoint', { ...ENTRY, endpoint: 'http://127.0.0.1:2/v1' }],
		['another model', { ...ENTRY, model: 'n' }],
		['consent for another folder', { ...ENTRY, consent: { ...CONSENT, root: '/other' } }],
		['no consent', { ...ENTRY, consent: undefined }],
		['an endpoint that may not be', { ...ENTRY, endpoint: 'http://example.com/v1' }],
		['an endpoint that is none', { ...ENTRY, endpoint: ' ' }],
	])('of %s is nothing', (_, entry) => {
		expect(of(entry)).toBeUndefined();
	});
});
