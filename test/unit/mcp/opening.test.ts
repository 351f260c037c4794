import { expect, test } from 'vitest';
import { createOpening, type Message } from '../../../daemon/cli/mcp/protocol/opening.ts';

const CLIENT = { name: 'test', version: '1' };
const envelope = {
	'io.modelcontextprotocol/protocolVersion': '2026-07-28',
	'io.modelcontextprotocol/clientInfo': CLIENT,
	'io.modelcontextprotocol/clientCapabilities': {},
};

const request = (method: string, params?: Record<string, unknown>, id = 1): Message => ({
	jsonrpc: '2.0',
	id,
	method,
	...(params === undefined ? {} : { params }),
});

const initialize = (more: Record<string, unknown> = {}) =>
	request('initialize', {
		protocolVersion: '2025-06-18',
		capabilities: {},
		clientInfo: CLIENT,
		...more,
	});

const opening = () => createOpening({ readOnly: false }, '1.2.3');

test('a handshake and the lists after it are answered, and told again to who comes later', () => {
	const { receive, said } = opening();
	expect(receive(initialize())).toMatchObject({
		id: 1,
		result: { protocolVersion: '2025-06-18', serverInfo: { name: 'semantica', version: '1.2.3' } },
	});
	expect(receive({ jsonrpc: '2.0', method: 'notifications/initialized' })).toBe('nothing');
	expect(receive(request('ping', undefined, 2))).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
	expect(receive(request('tools/list', {}, 3))).toMatchObject({
		id: 3,
		result: { tools: expect.any(Array) },
	});
	expect(said.map(({ method }) => method)).toEqual(['initialize', 'notifications/initialized']);
});

test('what hosts tell of their own accord wakes nobody, and a token for progress is no reason to', () => {
	const { receive } = opening();
	receive(initialize());
	for (const method of ['notifications/roots/list_changed', 'notifications/cancelled']) {
		expect(receive({ jsonrpc: '2.0', method, params: { requestId: 1 } })).toBe('nothing');
	}
	expect(receive(request('tools/list', { _meta: { progressToken: 3 } }))).toHaveProperty('result');
	const meta = { ...envelope, progressToken: 3 };
	expect(opening().receive(request('tools/list', { _meta: meta }))).toHaveProperty('result');
});

test('a client of a version that is not known gets the newest', () => {
	expect(opening().receive(initialize({ protocolVersion: '2099-01-01' }))).toMatchObject({
		result: { protocolVersion: '2025-11-25' },
	});
});

test('the revision without a handshake has its envelope in each request', () => {
	const { receive, said } = opening();
	expect(receive(request('server/discover', { _meta: envelope }))).toMatchObject({
		result: { supportedVersions: ['2026-07-28'], resultType: 'complete' },
	});
	expect(receive(request('tools/list', { _meta: envelope }))).toMatchObject({
		result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private' },
	});
	expect(said).toEqual([]);
});

test.each([
	['a call', [initialize(), request('tools/call', { name: 'list_jobs' })]],
	['a list before the handshake', [request('tools/list')]],
	['a second handshake', [initialize(), initialize()]],
	['a handshake with what is not known', [initialize({ _meta: {} })]],
	['a handshake without a name', [initialize({ clientInfo: {} })]],
	['a page of a list', [initialize(), request('tools/list', { cursor: 'x' })]],
	['both eras', [initialize(), request('tools/list', { _meta: envelope })]],
	[
		'another revision',
		[
			request('tools/list', {
				_meta: { ...envelope, 'io.modelcontextprotocol/protocolVersion': '2030-01-01' },
			}),
		],
	],
	[
		'half an envelope',
		[request('tools/list', { _meta: { ...envelope, 'io.modelcontextprotocol/clientInfo': 5 } })],
	],
	['an id that is none', [{ ...initialize(), id: 1.5 }]],
	['a method of every object', [initialize(), request('toString')]],
	['no method', [{ jsonrpc: '2.0', id: 4 }]],
] as const)('%s is for the library', (_, messages) => {
	const { receive } = opening();
	expect(messages.map((message) => receive(message)).at(-1)).toBeUndefined();
});

test('read-only offers nothing that runs, cancels or indexes', () => {
	const { receive } = createOpening({ readOnly: true }, '1');
	receive(initialize());
	const { result } = receive(request('tools/list')) as { result: { tools: { name: string }[] } };
	expect(result.tools.map(({ name }) => name)).toEqual([
		'wait_job',
		'get_job',
		'list_jobs',
		'read_log',
		'search_code',
	]);
});
