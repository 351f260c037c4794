/** What the owner of the database does, from the command line: no daemon has the rights for it. */
import { randomBytes } from 'node:crypto';
import { type Address, parseAddress } from './address.ts';
import { type Connection, createConnection } from './connection.ts';
import { addLogin, forgetMachine, initSchema, schemaStatements } from './schema.ts';

export interface Owner {
	readonly address: string;
	readonly password: () => Promise<string | undefined>;
	readonly ca?: string | undefined;
}

export interface Initialised {
	/** Numbers of the steps that were missing. */
	readonly applied: number[];
	readonly logins: readonly { readonly login: string; readonly address: string }[];
}

export { schemaStatements };

/** Brings the schema up to date, and makes a login for each name, whose address has its password. */
export function initFleet(
	owner: Owner,
	folder: string,
	logins: readonly string[],
): Promise<Initialised> {
	const address = parseAddress(owner.address);
	return connected(owner, address, async (connection) => {
		const applied = await initSchema(connection, folder);
		const made = [];
		for (const login of logins) {
			const password = randomBytes(24).toString('base64url');
			await addLogin(connection, login, password);
			made.push({ login, address: addressFor(address, login, password) });
		}
		return { applied, logins: made };
	});
}

/** Whether there was a machine of that name. */
export function forgetInFleet(owner: Owner, name: string): Promise<boolean> {
	return connected(owner, parseAddress(owner.address), (connection) =>
		forgetMachine(connection, name),
	);
}

async function connected<T>(
	{ password, ca }: Owner,
	address: Address,
	work: (connection: Connection) => Promise<T>,
): Promise<T> {
	const connection = createConnection({ address, password, ca });
	try {
		return await work(connection);
	} finally {
		await connection.close();
	}
}

function addressFor({ hosts, database }: Address, login: string, password: string): string {
	const [first] = hosts;
	const socket = first?.host.startsWith('/') === true;
	const where = socket
		? `localhost:${first.port}`
		: hosts.map(({ host, port }) => `${host}:${port}`).join(',');
	const tail = socket ? `?host=${encodeURIComponent(first.host)}` : '';
	return `postgres://${login}:${password}@${where}/${encodeURIComponent(database)}${tail}`;
}
