/** The RpcClient port without an editor: what the language client does, over the plain connection. */
import type { RpcClient, RpcClientHooks } from '../../../extension/connection/ports.ts';
import {
	ConnectionClosed,
	connectOver,
	type DaemonConnection,
	isResponseError,
} from '../../../shared/client/connection.ts';

export async function createPlainClient(hooks: RpcClientHooks): Promise<RpcClient> {
	let stopped = false;
	let connection: DaemonConnection | undefined;

	const live = async () => {
		while (!stopped) {
			const { socket, token } = await hooks.open();
			try {
				connection = await connectOver(socket, { token, client: 'test', version: '0' });
			} catch (error) {
				if (isResponseError(error)) hooks.refused(error);
				hooks.closed();
				continue;
			}
			for (const name of ['jobs/changed', 'log/data'] as const) {
				connection.onNotification(name, (params) => hooks.notified(name, params));
			}
			hooks.ready(connection.server);
			await connection.closed;
			if (!stopped) hooks.closed();
		}
	};
	return {
		start: () => void live(),
		request: async (method, params) => {
			if (connection === undefined) throw new Error('asked before it was ready');
			try {
				return await connection.request(method as 'system/status', params as Record<string, never>);
			} catch (error) {
				throw error instanceof ConnectionClosed ? hooks.lost(method) : error;
			}
		},
		stop: async () => {
			stopped = true;
			connection?.dispose();
		},
	};
}
