/** A standby of a test's PostgreSQL: a copy of its data folder that follows it, without waiting for each other. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { type Connection, createConnection } from '../../../daemon/fleet/connection.ts';
import { type Server, startBound } from '../../bench/queues/bound.ts';

export interface StandbyOptions {
	readonly postgres: string;
	/** Of the primary, which is down while it is copied. */
	readonly data: string;
	readonly folder: string;
	readonly user: { readonly uid: number; readonly gid: number } | undefined;
	readonly primaryPort: number;
	readonly port: number;
}

export interface Standby {
	readonly port: number;
	start(): Promise<void>;
	kill(): Promise<void>;
	/** It is the primary from now on, as far as it got. */
	promote(): Promise<Connection>;
	stop(): Promise<void>;
}

export function makeStandby({
	postgres,
	data,
	folder,
	user,
	primaryPort,
	port,
}: StandbyOptions): Standby {
	const copy = join(folder, 'standby');
	cpSync(data, copy, { recursive: true });
	rmSync(join(copy, 'postmaster.pid'), { force: true });
	writeFileSync(join(copy, 'standby.signal'), '');
	execFileSync('chmod', ['700', copy]);
	if (user !== undefined) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, copy]);
	let running: Server | undefined;
	let owner: Connection | undefined;
	const settings = {
		port: String(port),
		unix_socket_directories: folder,
		listen_addresses: '127.0.0.1',
		max_connections: '60',
		shared_buffers: '16MB',
		primary_conninfo: `host=127.0.0.1 port=${primaryPort} user=owner`,
	};
	async function kill(): Promise<void> {
		await running?.stop();
		running = undefined;
	}
	return {
		port,
		kill,
		async start() {
			running = await startBound({
				program: postgres,
				args: ['-D', copy, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
				signal: 'SIGQUIT',
				user,
				readyWhen: 'database system is ready to accept read-only connections',
				endpoint: folder,
			});
		},
		async promote() {
			const address = `postgres://owner@127.0.0.1:${port}/postgres`;
			const asking = new Client({ connectionString: address });
			await asking.connect();
			await asking.query('SELECT pg_promote()');
			await asking.end();
			owner = createConnection({
				address: parseAddress(address),
				password: async () => undefined,
			});
			return owner;
		},
		async stop() {
			await owner?.close();
			await kill();
		},
	};
}
