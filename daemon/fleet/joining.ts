/** Joining a shared queue. */
import { SemanticaError } from '../../shared/errors.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { parseAddress } from './address.ts';
import { createCalls } from './calls.ts';
import { type ConnectionOptions, createConnection } from './connection.ts';
import type { JoinedMachine } from './joined.ts';
import type { Joined, Membership } from './membership.ts';
import type { FleetOptions } from './options.ts';
import { passwordOf } from './password.ts';
import type { FleetTable } from './table.ts';
import { type Identity, shownKey } from './trust.ts';

export interface JoiningOptions extends Pick<FleetOptions, 'submit'> {
	readonly membership: Membership;
	readonly table: FleetTable;
	readonly me: () => Identity;
	readonly machine: () => JoinedMachine | undefined;
	/** It works for the queue from now on. */
	readonly open: (joined: Joined) => void;
}

export function createJoining(options: JoiningOptions) {
	const { membership, table, me, submit } = options;

	return async function join(params: Params<'fleet/join'>): Promise<Result<'fleet/join'>> {
		if (options.machine() !== undefined) {
			throw new SemanticaError(
				'CONFLICT',
				'This machine has joined a shared queue already. Leave it first: semantica fleet leave',
			);
		}
		const {
			address: text,
			name,
			password: given,
			passwordCommand,
			ca,
			labels,
			listenAddress,
		} = params;
		const address = parseAddress(text);
		const password = given ?? address.password;
		const credentials = {
			...(password === undefined ? {} : { password }),
			...(passwordCommand === undefined ? {} : { passwordCommand }),
		};
		const connection = createConnection({
			address,
			password: (signal) => passwordOf(credentials, signal),
			ca,
		});
		if (listenAddress !== undefined) {
			await assertListens({ address: parseAddress(listenAddress), ca }, credentials);
		}
		const queue = createCalls(me().id, connection.call, () => connection.close());
		try {
			const { fleet } = await queue.hello({ name, key: me().key, info: { labels }, holds: [] });
			const joined: Joined = {
				address: withoutPassword(text),
				name,
				...credentials,
				...(ca === undefined ? {} : { ca }),
				...(listenAddress === undefined ? {} : { listenAddress: withoutPassword(listenAddress) }),
				labels,
				fleet,
				machines: { [name]: me().id },
			};
			// Whatever an earlier leaving left behind: this is another joining.
			await submit(() => table.setNumber('leaving', 0));
			membership.change((now) => ({ ...now, joined }));
			options.open(joined);
		} finally {
			await connection.close();
		}
		return { id: me().id, key: shownKey(me().key), name };
	};
}

/** @throws SemanticaError where it cannot be reached, or nothing can be heard there */
async function assertListens(
	{ address, ca }: Pick<ConnectionOptions, 'address' | 'ca'>,
	credentials: Parameters<typeof passwordOf>[0],
): Promise<void> {
	const connection = createConnection({
		address,
		password: (signal) => passwordOf(credentials, signal),
		ca,
	});
	try {
		if (await connection.listen([])) return;
	} finally {
		await connection.close();
	}
	throw new SemanticaError(
		'VALIDATION',
		'The address for listening leads through a pooler, where notifications do not come. Give one of PostgreSQL itself, or none: work is looked for every few seconds then.',
		{ path: 'listenAddress' },
	);
}

function withoutPassword(text: string): string {
	return text.trim().replace(/^(postgres(?:ql)?:\/\/[^:@/?]+):[^@/?]*@/, '$1@');
}
