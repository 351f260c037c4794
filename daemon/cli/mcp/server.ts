/**
 * What answers once more is asked than the opening: the library's server with our handlers, on the wire that was
 * open already. Loaded then (main.ts).
 */
import { resolve } from 'node:path';
import {
	PROTOCOL_VERSION_META_KEY,
	parseJSONRPCMessage,
	type Transport,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { readBuildInfo } from '../../../shared/build.ts';
import { dataFolder, dataPaths } from '../../../shared/paths.ts';
import { wasStoppedByPerson } from '../../../shared/stopped.ts';
import { daemonAccess } from '../access.ts';
import { connectOrStart } from '../connect.ts';
import { createDaemonLink } from './daemonLink.ts';
import { createHandlers } from './handlers.ts';
import type { McpOptions } from './options.ts';
import { MODERN, SERVER_NAME } from './protocol/identity.ts';
import type { Message } from './protocol/opening.ts';
import type { Wire } from './protocol/wire.ts';
import { getTask } from './tasks/requests.ts';
import { createTaskSubscriptions } from './tasks/subscriptions.ts';

export interface ServerDependencies {
	readonly options: McpOptions;
	readonly distFolder: string;
	readonly wire: Wire;
	/** What the client has said already, and believes to have been answered by this server. */
	readonly said: readonly Message[];
}

/** Ten servers that nobody asks keep no daemon from leaving. */
const IDLE_MS = 60_000;
/** Of the handshake that is told once more: its answer has been given. */
const REPEATED = 'semantica-opening';
const CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';

/** @returns what takes the client's messages from then on */
export function createServer(dependencies: ServerDependencies): (message: Message) => void {
	const { options, distFolder, wire, said } = dependencies;
	const { version } = readBuildInfo(distFolder);
	let client = '';
	const root = startFolder();
	const folders = options.folders.map((folder) => resolve(root, folder));
	const narrowed = folders.length === 0 ? {} : { folders };
	const link = createDaemonLink({
		connect: () => {
			const access = daemonAccess(process.env, distFolder, (sentence) => {
				process.stderr.write(`${sentence}\n`);
			});
			return connectOrStart({ ...access, tool: { client, root, ...narrowed } });
		},
		idleMs: IDLE_MS,
		isStopped: () => wasStoppedByPerson(dataPaths(dataFolder(process.env))),
	});
	const handlers = createHandlers({ options, link, version, env: process.env, root });
	const subscriptions = createTaskSubscriptions({
		link,
		wire,
		serverInfo: { name: SERVER_NAME, version },
	});

	const transport: Transport = {
		start: async () => {},
		close: async () => transport.onclose?.(),
		send: async (message) => {
			if (!('id' in message && message.id === REPEATED)) await wire.send(message);
		},
	};
	serveStdio(handlers.server, {
		transport,
		onerror: (error) => process.stderr.write(`${error.message}\n`),
	});

	function listens(message: Message): boolean {
		const { id, method, params } = message;
		if (method === 'notifications/cancelled') {
			return subscriptions.cancel(params?.['requestId'] as string | number);
		}
		if (method !== 'subscriptions/listen' || id === undefined) return false;
		const taskIds = taskIdsOf(params);
		if (taskIds === undefined || metaOf(params)[PROTOCOL_VERSION_META_KEY] !== MODERN) return false;
		const refusal = handlers.refuseTasks(metaOf(params));
		const asked = handlers.quietly(metaOf(params));
		const get = (taskId: string) => getTask(asked, taskId, handlers.unknownTask);
		if (refusal === undefined) subscriptions.listen(id, taskIds, get);
		else void wire.send({ jsonrpc: '2.0', id, error: refusal });
		return true;
	}

	function receive(message: Message): void {
		client ||= nameIn(message.params);
		if (listens(message)) return;
		try {
			transport.onmessage?.(parseJSONRPCMessage(message));
		} catch {
			process.stderr.write('A line that is no message of JSON-RPC was passed over.\n');
		}
	}

	for (const message of said)
		receive(message.id === undefined ? message : { ...message, id: REPEATED });
	return receive;
}

/** Where it was started; a folder that was removed since is nobody's project. */
function startFolder(): string {
	try {
		return process.cwd();
	} catch {
		return '/';
	}
}

type Params = Message['params'];

function metaOf(params: Params): Readonly<Record<string, unknown>> {
	const meta = params?.['_meta'];
	return typeof meta === 'object' && meta !== null ? (meta as Record<string, unknown>) : {};
}

function nameIn(params: Params): string {
	const info = params?.['clientInfo'] ?? metaOf(params)[CLIENT_INFO];
	const name = typeof info === 'object' && info !== null && 'name' in info ? info.name : undefined;
	return typeof name === 'string' ? name.slice(0, 56) : '';
}

function taskIdsOf(params: Params): readonly string[] | undefined {
	const wanted = params?.['notifications'];
	if (typeof wanted !== 'object' || wanted === null || !('taskIds' in wanted)) return undefined;
	const { taskIds } = wanted;
	const areIds = Array.isArray(taskIds) && taskIds.every((one) => typeof one === 'string');
	return areIds && taskIds.length <= 100 ? taskIds : undefined;
}
