/** The official conformance tests and the official inspector. The former want HTTP: a bridge gives it to them. */
import { execFile } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DIST, temporaryFolder } from '../../support/daemon.ts';
import { newHome, type RawServer, serverEnv, startServer } from './host.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** Others want tools and resources of fixed names, or are about HTTP itself. */
const SCENARIOS = ['server-initialize', 'ping', 'tools-list', 'resources-list', 'prompts-list'];

/** Each client that shakes hands gets a server of its own, by a session id. */
async function bridge(): Promise<string> {
	const servers: RawServer[] = [];
	const answer = async (request: IncomingMessage) => {
		const message = (await json(request)) as { id?: number | string; method?: string };
		if (message.method === 'initialize') servers.push(startServer({ home: newHome() }));
		const session = Number(request.headers['mcp-session-id'] ?? servers.length - 1);
		const server = servers[session];
		server?.write(message);
		if (message.id === undefined) return { session, body: undefined };
		return { session, body: await server?.answer(message.id) };
	};
	const http = createServer((request, response) => {
		if (request.method !== 'POST') {
			response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
			return;
		}
		answer(request).then(
			({ session, body }) => {
				const headers = { 'mcp-session-id': String(session), 'content-type': 'application/json' };
				response.writeHead(body === undefined ? 202 : 200, headers);
				response.end(body === undefined ? '' : JSON.stringify(body));
			},
			(error: unknown) => response.writeHead(500).end(String(error)),
		);
	});
	await new Promise<void>((resolve) => {
		http.listen(0, '127.0.0.1', resolve);
	});
	onTestFinished(() => {
		http.closeAllConnections();
		http.close();
	});
	return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
}

test.each(SCENARIOS)('conformance: %s', async (scenario) => {
	const program = join(
		dirname(require.resolve('@modelcontextprotocol/conformance/package.json')),
		'dist/index.js',
	);
	const args = [program, 'server', '--url', await bridge(), '--scenario', scenario];
	const { stdout, stderr } = await run(process.execPath, args, { cwd: temporaryFolder() });
	expect(stdout + stderr).toMatch(/Passed: [1-9]\d*\/\d+, 0 failed/);
});

describe('the inspector', () => {
	const installed = dirname(require.resolve('@modelcontextprotocol/inspector-cli/package.json'));

	/** It reads its version two folders above itself, where its package has put nothing. */
	function inspectorProgram(): string {
		const place = temporaryFolder();
		cpSync(join(installed, 'package.json'), join(place, 'package.json'));
		cpSync(installed, join(place, 'cli'), { recursive: true });
		symlinkSync(join(installed, '../..'), join(place, 'node_modules'));
		return join(place, 'cli/build/cli.js');
	}

	test('lists and calls', async () => {
		const home = newHome();
		const env = serverEnv({ home });
		const program = inspectorProgram();
		const server = [process.execPath, join(DIST, 'cli.js'), 'mcp'];
		const inspect = async (...args: readonly string[]): Promise<unknown> => {
			const all = [program, '-e', `SEMANTICA_HOME=${home}`, '--cli', ...server, ...args];
			return JSON.parse((await run(process.execPath, all, { env })).stdout);
		};
		const { tools } = (await inspect('--method', 'tools/list')) as { tools: unknown[] };
		expect(tools).toHaveLength(8);
		const call = (name: string, ...pairs: readonly string[]) =>
			inspect(
				...['--method', 'tools/call', '--tool-name', name],
				...pairs.flatMap((pair) => ['--tool-arg', pair]),
			) as Promise<{ content: { text: string }[] }>;
		const ran = await call('run_job', 'command=["echo","hello"]', 'cwd=/', 'wait_seconds=45');
		const text = ran.content[0]?.text ?? '';
		expect(text).toMatch(/^SUCCEEDED[\s\S]*\nhello\n/);
		const id = /job_id ([0-9a-f-]{36})/.exec(text)?.[1];
		for (const [name, ...pairs] of [
			['list_jobs', 'mine=true'],
			['get_job', `job_id=${id}`],
			['read_log', `job_id=${id}`],
			['wait_job', `job_ids=["${id}"]`],
			['cancel_job', `job_ids=["${id}"]`],
			['search_code', 'query=x'],
			['index_folder', `folder=${temporaryFolder()}`],
		] as const) {
			const { content } = await call(name, ...pairs);
			expect(content[0]?.text, name).not.toMatch(/^NOT DONE/);
		}
	});
});
