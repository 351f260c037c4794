/**
 * The fleet room put together: a queue that several machines share. A daemon that joined none reads no driver, polls
 * nothing and opens no connection.
 */
import { existsSync, rmSync } from 'node:fs';
import { SemanticaError } from '../../shared/errors.ts';
import type { Submission } from '../../shared/protocol/fleet.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Executor } from '../queue/execution.ts';
import { directoryOf, feedOver } from './directory.ts';
import { createJobsElsewhere, NOT_JOINED } from './elsewhere.ts';
import { gated } from './gate.ts';
import { type JoinedMachine, openJoined } from './joined.ts';
import { createJoining } from './joining.ts';
import { createLeaving } from './leaving.ts';
import { type Joined, openMembership, type Rule } from './membership.ts';
import { mirroredJob, tailSpans } from './mirror.ts';
import { createMachines } from './names.ts';
import type { FleetOptions } from './options.ts';
import { sharedOf } from './outbox.ts';
import { SHARED } from './port.ts';
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

export function createFleet(options: FleetOptions) {
	const { clock, jobs, feed, logs, submit } = options;
	const membership = openMembership(options.file);
	const table = createFleetTable(options.db);
	const listeners = new Set<(ids: readonly string[]) => void>();
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
				const told = ids.map(elsewhere.directory.job).filter((job) => job !== undefined);
				options.ended(told);
			},
			changed,
			looked: () => leaving.look(),
		});
		leaving.resume(machine);
		machine.node.wake();
	}

	// What ended here is to be reported, and a free slot may be filled.
	feed.onChanged((ids) => {
		if (machine === undefined || ids.length === 0) return;
		const held = table.held.all();
		if (held.length > 0) machine.node.wake();
		leaving.limit();
	});

	function joinedMachine(): JoinedMachine {
		if (machine !== undefined) return machine;
		throw new SemanticaError('CONFLICT', NOT_JOINED);
	}

	const means = {
		membership,
		table,
		me,
		machine: () => machine,
		joined: joinedMachine,
		clock,
		submit,
		changed,
	};
	const elsewhere = createJobsElsewhere(means);
	const { mirroring, list } = elsewhere;
	const directory = directoryOf(jobs, elsewhere.directory);
	const join = createJoining({ ...means, open });
	const leaving = createLeaving({
		...means,
		closed() {
			machine = undefined;
		},
		forgetKey() {
			rmSync(options.keyFile, { force: true });
			identity = undefined;
		},
		warn: options.warn,
	});
	const machines = createMachines(membership, () => joinedMachine().queue, options.file);
	const status = () => {
		const known = identity !== undefined || existsSync(options.keyFile) ? me() : undefined;
		return statusOf({ membership, table, me: known, machine, machines, leaving: leaving.mode() });
	};

	async function submitAll(submissions: readonly Submission[], by: readonly AskedByTool[] = []) {
		const { outbox, node } = joinedMachine();
		leaving.assertStays();
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
			leave: leaving.leave,
			accept,
			list,
			migrate(params: Params<'fleet/migrate'>) {
				const { migration } = joinedMachine();
				if (params.direction === 'out') leaving.assertStays();
				return migration.run(params);
			},
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
