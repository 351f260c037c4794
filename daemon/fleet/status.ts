/** What a person sees of the shared queue, and what they should look at. */
import type { FleetStatus } from '../../shared/protocol/fleet.ts';
import { parseAddress, shownAddress } from './address.ts';
import type { JoinedMachine } from './joined.ts';
import type { LeavingMode } from './leaving.ts';
import { letsRun, type Membership } from './membership.ts';
import type { Machines } from './names.ts';
import type { FleetTable } from './table.ts';
import { type Identity, shownKey } from './trust.ts';

export interface StatusParts {
	readonly membership: Membership;
	readonly table: FleetTable;
	/** Undefined where nothing has needed a key of this machine yet: who only looks makes none. */
	readonly me: Identity | undefined;
	/** Undefined while nothing is joined. */
	readonly machine: JoinedMachine | undefined;
	readonly machines: Pick<Machines, 'known'>;
	readonly leaving: LeavingMode | null;
}

export function shownRules(
	membership: Membership,
	me: Identity | undefined,
): FleetStatus['accepts'] {
	return membership.read().accept.map(({ key, ...rule }) => ({
		...rule,
		key: shownKey(key),
		self: key === me?.key,
	}));
}

export async function statusOf({
	membership,
	table,
	me,
	machine,
	machines,
	leaving,
}: StatusParts): Promise<FleetStatus> {
	const { joined, problem, accept } = membership.read();
	const found = machine === undefined ? undefined : await machines.known().catch(() => undefined);
	const warnings = [problem, machine?.tripped()].filter((one) => one !== undefined);
	const node = machine?.node;
	if (node?.replaced() === true) {
		warnings.push(
			'Another daemon speaks as this machine, as after a copy of its data folder. Leave, which gives this one a new key, and join again under another name.',
		);
	}
	const clockMs = node?.clockMs() ?? null;
	if (clockMs !== null && Math.abs(clockMs) > 60_000) {
		warnings.push(
			`The clock of this machine differs from the shared queue's by ${Math.round(Math.abs(clockMs) / 1000)} s. Nothing is decided by it but how old a signature may be.`,
		);
	}
	if (joined?.listenAddress !== undefined && machine?.listening() === false) {
		warnings.push(
			'The address for listening cannot be reached, or leads through a pooler: work that comes is looked for every few seconds.',
		);
	}
	if ((found?.oldestTransactionMs ?? 0) > 3_600_000) {
		warnings.push(
			'A transaction has been open in that database for more than an hour: it slows the queue down. Use a database of its own.',
		);
	}
	if (machine !== undefined && !accept.some(letsRun)) {
		warnings.push('No work of others is taken here. To take some: semantica fleet accept KEY');
	}
	return {
		joined: joined !== undefined,
		id: me?.id ?? null,
		key: me === undefined ? null : shownKey(me.key),
		name: joined?.name ?? null,
		address: joined === undefined ? null : shownAddress(parseAddress(joined.address)),
		unreachable: node?.unreachable() ?? null,
		leaving: joined === undefined ? null : leaving,
		listening: machine?.listening() ?? false,
		roundTripMs: node?.roundTripMs() ?? null,
		clockMs,
		warnings,
		accepts: shownRules(membership, me),
		undelivered: table.sent.undeliveredCount(),
		unreported: table.held.all().filter(({ state }) => state !== null).length,
		waiting: found?.waiting ?? null,
		machines: (found?.nodes ?? []).map(({ id, name, key, load, alive, seen, held, ...node }) => {
			// What it said when it came, and what it says with each heartbeat.
			const info = { ...node.info, ...load };
			return {
				name,
				id,
				key: shownKey(key),
				self: id === me?.id,
				alive: alive === true,
				seenAt: seen === null ? null : Math.round(seen),
				labels: namesIn(info['labels']),
				pools: namesIn(info['pools']),
				running: held,
				accepts: info['accepts'] === true,
				leaving: info['leaving'] === true,
				version: String(info['version'] ?? '').slice(0, 64),
				platform: String(info['platform'] ?? '').slice(0, 64),
			};
		}),
	};
}

/** What another machine says of itself. */
function namesIn(said: unknown): string[] {
	return Array.isArray(said) ? said.slice(0, 50).map((name) => String(name).slice(0, 64)) : [];
}
