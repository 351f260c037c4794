/**
 * One connection to the shared queue, opened when it is needed and again after it was lost. The only file that knows
 * `pg`, which is read only here. Behind a pooler in transaction mode nothing may live in the session, and nothing does.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client, ClientConfig } from 'pg';
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import { type Address, needsTls, shownAddress } from './address.ts';
import type { Call } from './calls.ts';

export interface ConnectionOptions {
	readonly address: Address;
	/** Asked anew for each connection; nobody waits for it once the signal is aborted. */
	readonly password: (signal: AbortSignal) => Promise<string | undefined>;
	/** A file with the certificates of whom to believe, beside those that the system believes. */
	readonly ca?: string | undefined;
	/** Hears of each notification that came by itself. */
	readonly notified?: (channel: string) => void;
	/** It was open, and is not any more. */
	readonly lost?: () => void;
}

export interface Connection {
	readonly call: Call;
	/** Runs plain statements, for whoever owns the database. */
	run(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
	/** Listens for these instead of the ones before; false behind a pooler, where none would come. */
	listen(channels: readonly string[]): Promise<boolean>;
	/** At once: what is under way is rejected, and nothing is asked any more. */
	cut(): void;
	/** Says goodbye where nothing is under way; else cuts it. */
	close(): Promise<void>;
}

/** A server that is silent is not waited for longer. */
const GOODBYE_MS = 1000;
const CONNECT_MS = 10_000;
const QUERY_MS = 10_000;
/** As pg says it. */
const NO_ANSWER = 'Query read timeout';

export function createConnection(options: ConnectionOptions): Connection {
	const { address } = options;
	let opening: Promise<Client> | undefined;
	let current: Client | undefined;
	/** Undefined where another session than this one may answer each statement. */
	let listened: Set<string> | undefined;
	const closing = new AbortController();
	const underWay = new Set<(why: unknown) => void>();
	const sockets = new Set<Socket>();

	function assertOpen(): void {
		if (closing.signal.aborted) throw wasLeft();
	}

	function client(): Promise<Client> {
		assertOpen();
		opening ??= open().catch((error: unknown) => {
			opening = undefined;
			throw unreachable(address, error);
		});
		return opening;
	}

	async function open(): Promise<Client> {
		let last: unknown;
		for (const where of address.hosts) {
			try {
				return await openAt(where);
			} catch (error) {
				last = error;
			}
		}
		throw last;
	}

	async function openAt({ host, port }: Address['hosts'][number]): Promise<Client> {
		const { Client: PgClient } = await import('pg');
		const password = (await options.password(closing.signal)) ?? address.password;
		assertOpen();
		// Our own, since the driver ends no attempt that it has begun.
		const socket = new Socket();
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
		const config: ClientConfig = {
			host,
			port,
			stream: () => socket,
			user: address.user,
			database: address.database,
			// Nothing of the environment, nothing of ~/.pgpass.
			password: () => password ?? '',
			ssl: needsTls(host) ? tls(options.ca) : false,
			connectionTimeoutMillis: CONNECT_MS,
			query_timeout: QUERY_MS,
			keepAlive: true,
			application_name: 'semantica',
		};
		const made = new PgClient(config);
		const forget = () => {
			// One that was replaced has nothing to say.
			if (current !== made) return;
			current = undefined;
			opening = undefined;
			options.lost?.();
		};
		// Of a connection that breaks while nobody asks.
		made.on('error', forget);
		made.on('end', forget);
		made.on('notification', ({ channel }) => options.notified?.(channel));
		await made.connect();
		// A standby that answers would refuse everything.
		const { rows } = await made.query(
			'SELECT pg_is_in_recovery() AS standby, pg_backend_pid() AS pid',
		);
		if (rows[0]?.standby === true) {
			await made.end();
			throw new SemanticaError('SYSTEM', `${host}:${port} is a standby, which may only be read`);
		}
		current = made;
		// A pooler makes up the process that it names at the beginning.
		const { processID } = made as Client & { readonly processID?: number };
		listened = processID === rows[0]?.pid ? new Set() : undefined;
		return made;
	}

	function drop(dead: Client): void {
		current = undefined;
		opening = undefined;
		void dead.end().catch(() => {});
		options.lost?.();
	}

	let last: Promise<unknown> = Promise.resolve();

	/** One after the other: it is one connection. */
	function inTurn<T>(work: (open: Client) => Promise<T>): Promise<T> {
		if (closing.signal.aborted) return Promise.reject(wasLeft());
		const turn = last.then(async () => {
			const open = await client();
			try {
				return await work(open);
			} catch (error) {
				// Nothing came: nothing will come over this one any more.
				if (errorMessage(error) === NO_ANSWER) drop(open);
				throw refusalOf(address, error);
			}
		});
		last = turn.catch(() => {});
		return new Promise((resolve, reject) => {
			underWay.add(reject);
			void turn.then(resolve, reject).finally(() => underWay.delete(reject));
		});
	}

	function cut(): void {
		closing.abort(wasLeft());
		for (const reject of underWay) reject(wasLeft());
		for (const socket of sockets) socket.destroy();
	}

	const run: Connection['run'] = (sql, values = []) =>
		inTurn(async (open) => {
			const { rows } = await open.query(sql, [...values]);
			return rows as Record<string, unknown>[];
		});

	return {
		run,
		listen: (channels) =>
			inTurn(async (open) => {
				if (listened === undefined) return false;
				const wanted = new Set(channels);
				const changes = [
					...[...listened].filter((one) => !wanted.has(one)).map((one) => `UNLISTEN ${one}`),
					...[...wanted].filter((one) => !listened?.has(one)).map((one) => `LISTEN ${one}`),
				];
				// Names of our own making: no parameter can stand for one.
				if (channels.some((one) => !/^fleet_[a-z0-9]+$/.test(one))) throw new Error('No channel.');
				if (changes.length > 0) await open.query(changes.join('; '));
				listened = wanted;
				return true;
			}),
		async call(name, q) {
			const rows = await run(`SELECT fleet.${name}($1::jsonb) AS answer`, [JSON.stringify(q)]);
			return rows[0]?.['answer'];
		},
		cut,
		async close() {
			closing.abort(wasLeft());
			if (underWay.size === 0 && current !== undefined) {
				const said = new AbortController();
				const late = wait(GOODBYE_MS, undefined, { signal: said.signal });
				await Promise.race([current.end(), late]).catch(() => {});
				said.abort();
			}
			cut();
		},
	};
}

const wasLeft = () => new SemanticaError('SYSTEM', 'The shared queue was left.');

function tls(ca: string | undefined): NonNullable<Exclude<ClientConfig['ssl'], boolean>> {
	// Certificate and name are checked, whatever the address says.
	return {
		rejectUnauthorized: true,
		...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
	};
}

const SCHEMA_MISSING = new Set(['3F000', '42883', '42P01']);

/** What the server says to a statement, as a sentence a person can act on. */
function refusalOf(address: Address, error: unknown): unknown {
	if (error instanceof SemanticaError) return error;
	const code = errorCode(error) ?? '';
	const message = errorMessage(error);
	// Its own sentences, of migrations/fleet.
	if (code.startsWith('FL0'))
		return new SemanticaError(code === 'FL001' ? 'FORBIDDEN' : 'CONFLICT', message);
	if (SCHEMA_MISSING.has(code)) {
		return new SemanticaError(
			'SYSTEM',
			`There is no shared queue in ${shownAddress(address)}, or an older one. Whoever owns the database makes it with: semantica fleet init`,
		);
	}
	if (code === '42501') {
		return new SemanticaError(
			'FORBIDDEN',
			`The login ${address.user} may not do this in the shared queue (${message}). Whoever owns the database gives it the role fleet_submit, fleet_work or fleet_watch.`,
		);
	}
	// Beyond what a column or its type takes, in whatever is sent: it would be refused again.
	if (code === '23514' || code.startsWith('22')) {
		return new SemanticaError('CONFLICT', `The shared queue does not take it (${message}).`);
	}
	if (code === '53100') {
		return new SemanticaError('SYSTEM', 'The disk of the shared queue is full; it takes nothing.');
	}
	if (code === '25006') {
		return new SemanticaError('SYSTEM', `${shownAddress(address)} may only be read at the moment.`);
	}
	if (/^[0-9A-Z]{5}$/.test(code) && !/^(08|57|53)/.test(code)) {
		return new SemanticaError('SYSTEM', `The shared queue refused: ${message}.`);
	}
	return unreachable(address, error);
}

function unreachable(address: Address, error: unknown): unknown {
	if (error instanceof SemanticaError && error.message.endsWith('.')) return error;
	const code = errorCode(error) ?? '';
	const where = shownAddress(address);
	if (code === '28P01' || code === '28000') {
		return new SemanticaError(
			'FORBIDDEN',
			`${where} does not know the login ${address.user}, or its password is another one.`,
		);
	}
	if (code === '3D000') {
		return new SemanticaError('SYSTEM', `There is no database ${address.database} at ${where}.`);
	}
	return new SemanticaError(
		'SYSTEM',
		`The shared queue at ${where} cannot be reached (${errorMessage(error)}).`,
		{ unreachable: true },
	);
}
