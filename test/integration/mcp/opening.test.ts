/** What is answered before the library is loaded is what the library would have answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DIST } from '../../support/daemon.ts';
import { handshake, MODERN, startServer } from './host.ts';

const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
const params = (meta: object | undefined) =>
	meta === undefined ? {} : { params: { _meta: meta } };

const envelope = {
	'io.modelcontextprotocol/protocolVersion': MODERN,
	'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
	'io.modelcontextprotocol/clientCapabilities': {},
};

/** @param wake makes the library answer all of it */
async function answersOf(wake: boolean, isModern: boolean, args: readonly string[]) {
	const server = startServer({ args });
	// What is not known to the letter is the library's.
	const extra = wake ? { 'example.com/extra': 1 } : {};
	const meta = isModern ? { ...envelope, ...extra } : undefined;
	if (!isModern) server.write(...handshake(wake ? { _meta: extra } : {}));
	const methods = isModern ? ['server/discover', ...LISTS] : [...LISTS, 'ping'];
	for (const method of methods) {
		server.write({ jsonrpc: '2.0', id: method, method, ...params(meta) });
	}
	const ids = isModern ? methods : ['hello', ...methods];
	const answers: unknown[] = [];
	for (const id of ids) answers.push((await server.answer(id))['result']);
	expect(server.strange).toEqual([]);
	return answers;
}

test.each([
	{ isModern: false, args: [] },
	{ isModern: true, args: [] },
	{ isModern: false, args: ['--read-only'] },
	{ isModern: true, args: ['--read-only'] },
])('%j', async ({ isModern, args }) => {
	expect(await answersOf(false, isModern, args)).toEqual(await answersOf(true, isModern, args));
});

test('the library, loaded late, knows who shook hands, and that is answered once', async () => {
	const server = startServer();
	server.write(...handshake());
	await server.answer('hello');
	server.write({ jsonrpc: '2.0', id: 2, method: 'no/such' });
	expect((await server.answer(2))['error']).toMatchObject({ code: -32601 });
	server.write({ jsonrpc: '2.0', id: 3, method: 'tools/list' });
	await server.answer(3);
	expect(server.messages.map(({ id }) => id)).toEqual(['hello', 2, 3]);
});

// The first of Node's modules costs a quarter of Node's own start, the library three times as much as all of it.
test('what answers the opening loads nothing', () => {
	const code = readFileSync(join(DIST, 'mcp.js'), 'utf8');
	const required = [...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name);
	expect(required).toEqual(['./mcpServer.js']);
});
