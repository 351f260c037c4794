/** A shared queue under test, whichever implementation it is, with time in the test's hand. */
import { randomBytes } from 'node:crypto';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { createCalls } from '../../../daemon/fleet/calls.ts';
import { createConnection } from '../../../daemon/fleet/connection.ts';
import type { SharedQueue } from '../../../daemon/fleet/port.ts';
import { createMemoryFleet, type Move, nodeIdOf } from './memory.ts';
import type { FleetServers } from './servers.ts';

export interface Machine {
	readonly id: string;
	readonly name: string;
	readonly key: string;
	readonly queue: SharedQueue;
}

export interface World {
	readonly machines: readonly Machine[];
	silence(node: string): Promise<void>;
	makeDue(id: string): Promise<void>;
	expire(id: string): Promise<void>;
	/** Every change of state so far, in order. */
	moves(): Promise<Move[]>;
	/** The needs' numbers, by the label in their specification. */
	needs(): Promise<Map<string, number>>;
	close(): Promise<void>;
}

const NAMES = ['alpha', 'beta', 'gamma', 'delta'];

export async function memoryWorld(): Promise<World> {
	const fleet = createMemoryFleet();
	const moves: Move[] = [];
	fleet.onMove = (move) => moves.push(move);
	const machines = NAMES.map((name) => machineOf(name, (key) => fleet.open(key)));
	return {
		machines,
		silence: async (node) => fleet.silence(node),
		makeDue: async (id) => fleet.makeDue(id),
		expire: async (id) => fleet.expire(id),
		moves: async () => moves,
		needs: () => needsOf(machines),
		close: async () => {},
	};
}

export async function postgresWorld(servers: FleetServers, through?: 'bouncer'): Promise<World> {
	const { owner } = servers;
	await owner.run(`TRUNCATE fleet.node, fleet.beat, fleet.need, fleet.job, fleet.chunk, fleet.log_wish,
		fleet.log_chunk RESTART IDENTITY`);
	await owner.run(LOG);
	const machines = NAMES.map((name) =>
		machineOf(name, (key) => {
			const connection = createConnection({
				address: parseAddress(servers.address(name, through)),
				password: async () => undefined,
			});
			return createCalls(nodeIdOf(key), connection.call, () => connection.close());
		}),
	);
	const run = async (sql: string, value: string) => void (await owner.run(sql, [value]));
	return {
		machines,
		silence: (node) =>
			run("UPDATE fleet.beat SET seen = seen - interval '1 hour' WHERE node = $1", node),
		makeDue: (id) =>
			run(
				"UPDATE fleet.job SET run_at = now() - interval '1 hour' WHERE id = $1 AND run_at IS NOT NULL",
				id,
			),
		expire: (id) =>
			run("UPDATE fleet.job SET expires = now() - interval '1 hour' WHERE id = $1", id),
		async moves() {
			const rows = await owner.run(
				'SELECT id, was, became, lease, restartable FROM public.moves ORDER BY n',
			);
			return rows.map((row) => ({
				id: String(row['id']),
				from: row['was'] as number | null,
				to: Number(row['became']),
				lease: row['lease'] as string | null,
				restartable: row['restartable'] === true,
			}));
		},
		needs: () => needsOf(machines),
		async close() {
			await Promise.all(machines.map(({ queue }) => queue.close()));
		},
	};
}

/** A log of transitions that no function of the queue knows of. */
export const LOG = `
DROP TABLE IF EXISTS public.moves;
CREATE TABLE public.moves (n bigint GENERATED ALWAYS AS IDENTITY, id uuid, was smallint, became smallint, lease uuid,
  restartable boolean);
CREATE OR REPLACE FUNCTION public.log_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO public.moves (id, was, became, lease, restartable) VALUES (NEW.id, NULL, NEW.state, NEW.lease, NEW.restartable);
  ELSE
    INSERT INTO public.moves (id, was, became, lease, restartable) VALUES (NEW.id, OLD.state, NEW.state, NEW.lease, NEW.restartable);
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER log_move AFTER INSERT OR UPDATE OF state ON fleet.job FOR EACH ROW EXECUTE FUNCTION public.log_move();
`;

function machineOf(name: string, open: (key: string) => SharedQueue): Machine {
	const key = randomBytes(32).toString('base64');
	return { id: nodeIdOf(key), name, key, queue: open(key) };
}

async function needsOf(machines: readonly Machine[]): Promise<Map<string, number>> {
	const [first] = machines;
	const { needs } = (await first?.queue.sync(0, {}, 0)) ?? { needs: [] };
	return new Map(needs.map(({ id, spec }) => [(spec as { pool: string }).pool, id]));
}
