/** The machines of the shared queue. A name means the machine that it meant first: a database could exchange them. */
import { SemanticaError } from '../../shared/errors.ts';
import type { Membership } from './membership.ts';
import type { Nodes, SharedQueue } from './port.ts';

export interface Machines {
	/** As the server knows them now. */
	known(): Promise<Nodes>;
	/** @throws SemanticaError NOT_FOUND, CONFLICT where it is another one than before */
	idOf(name: string): Promise<string>;
}

export function createMachines(
	membership: Membership,
	queue: () => SharedQueue,
	file: string,
): Machines {
	async function known(): Promise<Nodes> {
		const nodes = await queue().nodes();
		const { joined } = membership.read();
		const fresh = nodes.nodes.filter(({ name }) => joined?.machines[name] === undefined);
		if (fresh.length > 0) {
			membership.change((now) =>
				now.joined === undefined
					? now
					: {
							...now,
							joined: {
								...now.joined,
								machines: {
									...Object.fromEntries(fresh.map(({ name, id }) => [name, id])),
									...now.joined.machines,
								},
							},
						},
			);
		}
		return nodes;
	}

	async function idOf(name: string): Promise<string> {
		const pinned = membership.read().joined?.machines[name];
		const now = await known().catch((error: unknown) => {
			if (pinned === undefined) throw error;
			return undefined;
		});
		const found = now?.nodes.find((node) => node.name === name)?.id;
		if (pinned !== undefined && found !== undefined && pinned !== found) {
			throw new SemanticaError(
				'CONFLICT',
				`"${name}" is another machine in the shared queue than it was before. If that is right, remove it from "machines" in ${file}.`,
				{ path: 'on' },
			);
		}
		const id = pinned ?? found;
		if (id !== undefined) return id;
		const names = now?.nodes.map((node) => node.name).join(', ');
		throw new SemanticaError(
			'NOT_FOUND',
			`There is no machine "${name}" in the shared queue. There are: ${names}.`,
			{ path: 'on' },
		);
	}

	return { known, idOf };
}
