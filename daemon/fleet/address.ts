/** Where the shared queue is and how it is reached: a postgres:// address, and what may not stand in one. */
import { SemanticaError } from '../../shared/errors.ts';
import { isLoopback } from './loopback.ts';

export interface Address {
	/** Tried one after the other until one may be written to. */
	readonly hosts: readonly { readonly host: string; readonly port: number }[];
	readonly user: string;
	readonly password: string | undefined;
	readonly database: string;
}

const EXAMPLE = 'postgres://box@db.example.com:6432/semantica';

/**
 * `postgres://user[:password]@host[:port][,host[:port]…]/database`, or `…/database?host=/folder` for a socket.
 * @throws SemanticaError VALIDATION
 */
export function parseAddress(text: string): Address {
	const match =
		/^postgres(?:ql)?:\/\/([^:@/?]+)(?::([^@/?]*))?@([^/?]*)\/([^/?]+)(?:\?host=([^&]+)&?)?$/.exec(
			text.trim(),
		);
	const [, user, password, hosts, database, socket] = match ?? [];
	if (user === undefined || database === undefined || (!hosts && socket === undefined)) {
		throw new SemanticaError(
			'VALIDATION',
			`This is no address of a shared queue. Write one as in ${EXAMPLE}; options such as sslmode do not belong into it.`,
			{ path: 'address' },
		);
	}
	const named = (hosts ?? '').split(',').filter((host) => host !== '');
	return {
		hosts:
			socket === undefined
				? named.map(hostOf)
				: [{ host: decoded(socket), port: portOf(named[0]) }],
		user: decoded(user),
		password: password === undefined ? undefined : decoded(password),
		database: decoded(database),
	};
}

/** Without its password, for people. */
export function shownAddress({ hosts, user, database }: Address): string {
	const where = hosts.map(({ host, port }) => `${host}:${port}`).join(',');
	return `postgres://${user}@${where}/${database}`;
}

/** Nothing is sent in the clear but to this very machine. */
export function needsTls(host: string): boolean {
	return !host.startsWith('/') && !isLoopback(host);
}

function hostOf(text: string): { host: string; port: number } {
	const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
	const host = match?.[1]?.replace(/^\[|\]$/g, '');
	if (host === undefined) {
		throw new SemanticaError(
			'VALIDATION',
			`"${text}" is no host of a shared queue. Write host or host:port, as in ${EXAMPLE}.`,
			{ path: 'address' },
		);
	}
	return { host, port: Number(match?.[2] ?? 5432) };
}

function portOf(text: string | undefined): number {
	return Number(/:(\d{1,5})$/.exec(text ?? '')?.[1] ?? 5432);
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new SemanticaError('VALIDATION', `"${text}" is not written as in an address (%xx).`, {
			path: 'address',
		});
	}
}
