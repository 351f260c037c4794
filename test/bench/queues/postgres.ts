/** What the clients of PostgreSQL have in common. */

/** The part of pg's interface that is used. */
interface Pg {
	readonly Client: new (
		options: object,
	) => {
		connect(): Promise<void>;
		query(sql: string): Promise<{ rows: { count: string }[] }>;
	};
}

/** By the folder that its socket is in. */
export function connectionString(folder: string): string {
	return `postgres:///postgres?user=bench&host=${encodeURIComponent(folder)}`;
}

/** Asks over a connection of its own how many there are. */
export async function counter(folder: string, sql: string): Promise<() => Promise<number>> {
	const name = 'pg';
	const { default: pg } = (await import(name)) as { default: Pg };
	const client = new pg.Client({ connectionString: connectionString(folder) });
	await client.connect();
	return async () => Number((await client.query(sql)).rows[0]?.count);
}
