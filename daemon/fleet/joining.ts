/** Joining a shared queue and leaving it. */
import { SemanticaError } from '../../shared/errors.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { parseAddress } from './address.ts';
import { createCalls } from './calls.ts';
import { createConnection } from './connection.ts';
import type { JoinedMachine } from './joined.ts';
import type { Joined, Membership } from './membership.ts';
import type { FleetOptions } from './options.ts';
import { passwordOf } from './password.ts';
import type { FleetTable } from './table.ts';
import { type Identity, shownKey } from './trust.ts';

export interface JoiningOptions extends Pick<FleetOptions, 'clock' | 'submit'> {
	readonly membership: Membership;
	readonly table: FleetTable;
	readonly me: () => Identity;
	readonly machine: () => JoinedMachine | undefined;
	/** @throws SemanticaError CONFLICT */
	readonly joined: () => JoinedMachine;
	/** It works for the queue from now on, or not any more. */
	readonly open: (joined: Joined) => void;
	readonly closed: () => void;
	readonly changed: (ids: readonly string[]) => void;
}

export function createJoining(options: JoiningOptions) {
	const { membership, table, me, clock, submit, changed } = options;

	async function join(params: Params<'fleet/join'>): Promise<Result<'fleet/join'>> {
		if (options.machine() !== undefined) {
			throw new SemanticaError(
				'CONFLICT',
				'This machine has joined a shared queue already. Leave it first: semantica fleet leave',
			);
		}
		const { address: text, name, password: given, passwordCommand, ca, labels } = params;
		const address = parseAddress(text);
		const password = given ?? address.password;
		const credentials = {
			...(password === undefined ? {} : { password }),
			...(passwordCommand === undefined ? {} : { passwordCommand }),
		};
		const connection = createConnection({ address, password: () => passwordOf(credentials), ca });
		const queue = createCalls(me().id, connection.call, () => connection.close());
		try {
			const { fleet } = await queue.hello({ name, key: me().key, info: { labels }, holds: [] });
			const joined: Joined = {
				address: withoutPassword(text),
				name,
				...credentials,
				...(ca === undefined ? {} : { ca }),
				labels,
				fleet,
				machines: { [name]: me().id },
			};
			membership.change((now) => ({ ...now, joined }));
			options.open(joined);
		} finally {
			await connection.close();
		}
		return { id: me().id, key: shownKey(me().key), name };
	}

	async function leave(): Promise<Result<'fleet/leave'>> {
		const leaving = options.joined();
		const held = table.held.all().length;
		if (held > 0) {
			throw new SemanticaError(
				'CONFLICT',
				`Work of others is still here, or not reported yet (${held}). Wait for it, or cancel it: semantica cancel --queue fleet`,
			);
		}
		const left = await leaving.queue.leave().then(
			() => true,
			() => false,
		);
		await leaving.close();
		options.closed();
		membership.change(({ joined: _, ...now }) => now);
		const open = table.sent.search('', 1_000_000).filter(({ ended_at }) => ended_at === null);
		await submit(() => {
			for (const { id } of open) {
				table.sent.refused(id, 'this machine left the shared queue', clock.now());
			}
			table.setNumber('mark', 0);
		});
		changed(open.map(({ id }) => id));
		return { left };
	}

	return { join, leave };
}

function withoutPassword(text: string): string {
	return text.trim().replace(/^(postgres(?:ql)?:\/\/[^:@/?]+):[^@/?]*@/, '$1@');
}
