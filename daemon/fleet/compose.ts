/**
 * The fleet room put together: a queue that several machines share. A daemon that joined none reads no driver, polls
 * nothing and opens no connection.
 */
import { SemanticaError } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { Submission } from '../../shared/protocol/fleet.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Executor } from '../queue/execution.ts';
import { parseAddress } from './address.ts';
import { createCalls } from './calls.ts';
import { createConnection } from './connection.ts';
import { directoryOf, feedOver } from './directory.ts';
import { gated } from './gate.ts';
import { type JoinedMachine, openJoined } from './joined.ts';
import { type Joined, openMembership, type Rule } from './membership.ts';
import { explained, jobOfOthers, type MirrorOptions, mirroredJob, tailSpans } from './mirror.ts';
import { createMachines } from './names.ts';
import type { FleetOptions } from './options.ts';
import { envelopeOf, sharedOf } from './outbox.ts';
import { passwordOf } from './password.ts';
import { NEVER_MS, SHARED, type SharedJob } from './port.ts';
import { createRemoteLogs } from './remoteLogs.ts';
import { repositoryOf } from './repository.ts';
import { shownRules, statusOf } from './status.ts';
import { type AskedByTool, createFleetTable } from './table.ts';
import { openIdentity, readShownKey, shownKey } from './trust.ts';

export type Fleet = ReturnType<typeof createFleet>;

/** What a tool may have run elsewhere, and who it is. */
export interface SentByTool {
	readonly submission: Submission;
	readonly by: AskedByTool;
}

type Delayed = 'paused' | 'resumed' | 'hurried';

/** Sentences for `job/explain` while nothing is joined. */
const NOT_JOINED =
	'This machine has joined no shared queue. Join one with: semantica fleet join ADDRESS --name NAME';
const SEEN_OTHERS = 1000;

export function createFleet(options: FleetOptions) {
	const { clock, jobs, feed, logs, submit } = options;
	const membership = openMembership(options.file);
	const table = createFleetTable(options.db);
	const listeners = new Set<(ids: readonly string[]) => void>();
	/** Jobs that others asked for, as they were listed last. */
	const others = new Map<string, SharedJob>();
	let identity: ReturnType<typeof openIdentity> | undefined;
	let machine: JoinedMachine | undefined;

	const me = () => {
		identity ??= openIdentity(options.keyFile);
		return identity;
	};

	const remoteLogs = createRemoteLogs({
		queue: () => machine?.queue,
		clock,
		known(id) {
			if (jobs.standing(id) !== undefined) return undefined;
			const row = table.sent.get(id);
			if (row === undefined) return undefined;
			const total = row.ended_at === null ? undefined : mirroredJob(row, mirroring()).logBytes;
			const runs = row.ended_at === null && sharedOf(row)?.state === SHARED.begun;
			return { total, runs, tail: row.tail, spans: tailSpans(row, mirroring()) };
		},
	});

	function changed(ids: readonly string[]): void {
		for (const listener of listeners) listener(ids);
		options.workloadChanged();
	}

	function open(joined: Joined): void {
		machine = openJoined({
			joined,
			me: me(),
			membership,
			table,
			fleet: options,
			// Beside those who always listen: somebody looks at jobs, and some of ours are elsewhere.
			watched: () => remoteLogs.watched() || (listeners.size > 1 && table.sent.openCount() > 0),
			machineId: (name) => machines.idOf(name),
			machineName: (id) => mirroring().machineName(id),
			ended(ids) {
				const told = ids.map(jobElsewhere).filter((job) => job !== undefined);
				options.ended(told);
			},
			changed,
		});
		machine.node.wake();
	}

	// What ended here is to be reported, and a free slot may be filled.
	feed.onChanged((ids) => {
		if (machine === undefined || ids.length === 0) return;
		const held = table.held.all();
		if (held.length > 0) machine.node.wake();
	});

	function mirroring(): MirrorOptions {
		const { joined, accept } = membership.read();
		const names = new Map(Object.entries(joined?.machines ?? {}).map(([name, id]) => [id, name]));
		return {
			fleet: joined?.fleet ?? '',
			keys: [...accept.map(({ key }) => key), me().key],
			machineName: (id) => names.get(id),
		};
	}

	function jobElsewhere(id: string): Job | undefined {
		const row = table.sent.get(id);
		if (row !== undefined) return mirroredJob(row, mirroring());
		const other = others.get(id);
		return other === undefined ? undefined : jobOfOthers(other, mirroring());
	}

	function joinedMachine(): JoinedMachine {
		if (machine !== undefined) return machine;
		throw new SemanticaError('CONFLICT', NOT_JOINED);
	}

	const machines = createMachines(membership, () => joinedMachine().queue, options.file);
	const status = () => statusOf({ membership, table, me: me(), machine, machines });

	const directory = directoryOf(jobs, {
		any: () => machine !== undefined || table.sent.openCount() > 0,
		job: jobElsewhere,
		explain(id) {
			const row = table.sent.get(id);
			const job = jobElsewhere(id);
			if (row === undefined || job === undefined) return { runnable: false, reasons: [] };
			const unreachable = machine === undefined ? NOT_JOINED : machine.node.unreachable()?.message;
			return explained(row, job, { unreachable, now: clock.now() });
		},
		search: (text, limit) =>
			table.sent.search(text, limit).map((row) => mirroredJob(row, mirroring())),
		newest: (limit) => table.sent.search('', limit).map((row) => mirroredJob(row, mirroring())),
		list: ({ machine: name, ...asked }) => list(name === '*' ? asked : { ...asked, machine: name }),
		pause: (id) => delay(id, 'paused'),
		resume: (id) => delay(id, 'resumed'),
		runNow: (id) => delay(id, 'hurried'),
		async cancel(id) {
			const row = table.sent.get(id);
			if (row === undefined) return cancelOfOthers(id);
			if (row.ended_at !== null) return `it is already ${jobElsewhere(id)?.state}`;
			await submit(() => {
				// Whatever is on its way at this moment is told, too.
				table.sent.cancel(id, true);
				if (row.delivered === 0) table.sent.refused(id, 'it was cancelled before', clock.now());
			});
			changed([id]);
			machine?.node.wake();
			return undefined;
		},
		async approve(id) {
			const row = table.sent.get(id);
			if (row === undefined || row.ended_at !== null || row.needs_approval === 0) {
				throw new SemanticaError('CONFLICT', 'It waits for no approval.');
			}
			await submit(() => table.sent.approved(id));
			changed([id]);
			machine?.node.wake();
		},
		async remove(id) {
			const row = table.sent.get(id);
			if (row === undefined) return 'it is not of this machine';
			if (row.ended_at === null) return 'it is not finished; cancel it first, then remove it';
			await submit(() => table.sent.forget(id));
			changed([id]);
			return undefined;
		},
	});

	async function cancelOfOthers(id: string): Promise<string | undefined> {
		const { queue } = joinedMachine();
		const text = JSON.stringify({ v: 1, fleet: mirroring().fleet, id, order: 'cancel' });
		const order = Buffer.from(text);
		const done = await queue.cancel(id, order.toString('base64'), me().sign('order', order));
		if (done === 'already') return 'it has ended already';
		if (done === 'forbidden')
			return 'it waits for others, and only the machine that asked for it can cancel it';
		return done === 'unknown' ? 'it is not in the shared queue any more' : undefined;
	}

	/** What nobody has taken waits here and now as it is told; a sentence where it does not wait. */
	async function delay(id: string, what: Delayed): Promise<string | undefined> {
		const row = table.sent.get(id);
		const job = jobElsewhere(id);
		if (row === undefined || job === undefined) {
			return `another machine asked for it, and it can be ${what} there only`;
		}
		if (row.ended_at !== null) return `it is already ${job.state}`;
		if (row.needs_approval === 1) return 'it waits for the approval of a person';
		if (row.delivered === 0) return 'it has not been delivered to the shared queue yet';
		if (what === 'resumed' && !job.held) return 'it is not paused';
		const { queue, node } = joinedMachine();
		const until = { paused: NEVER_MS, resumed: envelopeOf(row).spec.runAt ?? null, hurried: null };
		const waits = await queue.delay(id, until[what]);
		node.wake();
		return waits ? undefined : `${job.machine} has it already, and it can be ${what} there only`;
	}

	async function list(params: Params<'fleet/list'>): Promise<Result<'fleet/list'>> {
		const { machine: name, open: isOpen, text, limit, before } = params;
		const found = await joinedMachine().queue.list({
			machine: name,
			open: isOpen,
			text,
			limit,
			before,
		});
		for (const job of found) {
			others.delete(job.id);
			others.set(job.id, job);
		}
		while (others.size > SEEN_OTHERS) others.delete(others.keys().next().value ?? '');
		return {
			jobs: found.map((job) => jobElsewhere(job.id) ?? jobOfOthers(job, mirroring())),
			before: found.length === limit ? (found.at(-1)?.n ?? null) : null,
		};
	}

	async function join(params: Params<'fleet/join'>): Promise<Result<'fleet/join'>> {
		if (machine !== undefined) {
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
			open(joined);
		} finally {
			await connection.close();
		}
		return { id: me().id, key: shownKey(me().key), name };
	}

	async function leave(): Promise<Result<'fleet/leave'>> {
		const leaving = joinedMachine();
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
		machine = undefined;
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

	async function submitAll(submissions: readonly Submission[], by: readonly AskedByTool[] = []) {
		const { outbox, node } = joinedMachine();
		const { joined } = membership.read();
		if (joined === undefined) throw new SemanticaError('CONFLICT', NOT_JOINED);
		const known = { fleet: joined.fleet, from: joined.name, machineId: machines.idOf };
		const answers = await outbox.accept(submissions, known, by);
		node.wake();
		return { jobs: answers };
	}

	async function accept(params: Params<'fleet/accept'>): Promise<Result<'fleet/accept'>> {
		const key = params.key === 'self' ? me().key : readShownKey(params.key);
		let rule: Rule | undefined;
		if (!('remove' in params)) {
			const repos = [];
			for (const folder of params.repos) repos.push({ folder, repo: await repositoryOf(folder) });
			const { key: _, ...rights } = params;
			rule = { ...rights, key, repos };
		}
		membership.change((now) => {
			const rest = now.accept.filter((one) => one.key !== key);
			return { ...now, accept: rule === undefined ? rest : [...rest, rule] };
		});
		machine?.reset();
		options.workloadChanged();
		return { rules: shownRules(membership, me()) };
	}

	return {
		/** Jobs of others wait for its word before they start. */
		executor: (inner: Executor): Executor =>
			gated(inner, () =>
				machine === undefined
					? undefined
					: {
							table,
							time: machine.node.time,
							submit,
							begin: (tenure) => begin(tenure),
							async cancel(localId) {
								await jobs.cancel({ ids: [localId] });
							},
						},
			),
		/** One face over the jobs here and elsewhere, for the doors. */
		directory,
		feed: feedOver(feed, (listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		}),
		logs: remoteLogs.over(logs),
		searchLog: remoteLogs.search,
		requests: {
			key: () => ({ key: shownKey(me().key), id: me().id }),
			status,
			join,
			work() {
				joinedMachine().reset();
				return {};
			},
			leave,
			accept,
			list,
			migrate: (params: Params<'fleet/migrate'>) => joinedMachine().migration.run(params),
			submit: ({ jobs: submissions }: { readonly jobs: readonly Submission[] }) =>
				submitAll(submissions),
			/** The same for AI tools, whose wishes were judged before. */
			send: (asked: readonly SentByTool[]) =>
				submitAll(
					asked.map(({ submission }) => submission),
					asked.map(({ by }) => by),
				),
			/** @throws SemanticaError CONFLICT */
			assertJoined: () => void joinedMachine(),
		},
		/** What is not delivered or not reported yet keeps the daemon here. */
		unfinished: () =>
			machine === undefined ? 0 : table.sent.undeliveredCount() + table.held.all().length,
		/** The machine slept, or something is free now. */
		wake: () => machine?.node.wake(),
		begin() {
			const { joined, problem } = membership.read();
			if (problem !== undefined) options.warn(problem);
			if (joined !== undefined) open(joined);
		},
		async check(): Promise<{ name: string; ok: boolean; message: string }[]> {
			if (machine === undefined) return [];
			const { unreachable, warnings, roundTripMs, address } = await status();
			const message =
				unreachable?.message ??
				[`${address} answers in ${Math.round(roundTripMs ?? 0)} ms.`, ...warnings].join(' ');
			return [{ name: 'shared queue', ok: unreachable === null, message }];
		},
		close: async () => machine?.close(),
	};

	async function begin(tenure: { id: string; lease: string }): Promise<boolean> {
		const open = joinedMachine();
		const { epoch } = open.node.hello() ?? { epoch: 0 };
		if (epoch === 0) {
			throw new SemanticaError('SYSTEM', 'The shared queue cannot be reached.', {
				unreachable: true,
			});
		}
		return open.queue.begin(epoch, tenure);
	}
}

function withoutPassword(text: string): string {
	return text.trim().replace(/^(postgres(?:ql)?:\/\/[^:@/?]+):[^@/?]*@/, '$1@');
}
