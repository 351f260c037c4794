/** A machine that joined: its node, with what it needs of the rest of the daemon. */

import { errorCode, errorMessage, isShortage, SemanticaError } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import { isFinished } from '../../shared/jobTerms.ts';
import { createCalls } from './calls.ts';
import { openConnections } from './connections.ts';
import { createInbox } from './inbox.ts';
import { leavingMode } from './leaving.ts';
import { type Joined, letsRun, type Membership, type Rule } from './membership.ts';
import { createMigration, type Migration } from './migrate.ts';
import { type Judging, ruleFor } from './needs.ts';
import { createNode, type FleetNode } from './node.ts';
import type { FleetOptions } from './options.ts';
import { type OrderKind, type SealedOrder, saysSo } from './orders.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import type { Held, Hello, Lease, SharedQueue } from './port.ts';
import { isAt } from './repository.ts';
import { createRunnerEnds } from './runnerEnds.ts';
import { createRunnerLogs } from './runnerLogs.ts';
import { createRunnerPauses } from './runnerPauses.ts';
import type { FleetTable, HeldRow } from './table.ts';
import type { Identity } from './trust.ts';

export interface JoinedMachine {
	readonly queue: SharedQueue;
	readonly node: FleetNode;
	readonly outbox: Outbox;
	readonly migration: Migration;
	/** Notifications of the queue come. */
	listening(): boolean;
	/** Jobs of others that have not ended here. */
	running(): Job[];
	/** Why it takes nothing at the moment, in a sentence. */
	tripped(): string | undefined;
	/** A person has looked. */
	reset(): void;
	/** The server is not waited for any more: what is asked of it is rejected, from now on. */
	cut(): void;
	close(): Promise<void>;
}

export interface JoinedOptions {
	readonly joined: Joined;
	readonly me: Identity;
	readonly membership: Membership;
	readonly table: FleetTable;
	readonly fleet: FleetOptions;
	readonly watched: () => boolean;
	readonly machineId: (name: string) => Promise<string>;
	readonly machineName: (id: string) => string | undefined;
	/** What others did for this machine, once for each. */
	readonly ended: (ids: readonly string[]) => void;
	readonly changed: (ids: readonly string[]) => void;
	/** After each look at the queue. */
	readonly looked: () => void;
}

/** So many that could not be started, one after the other: something is wrong here. */
const SPAWN_FAILURES = 5;
/** A daemon that ends waits no longer for a look at the queue: the next one says it all again. */
const CLOSED_WITHIN_MS = 2000;

export function openJoined(options: JoinedOptions): JoinedMachine {
	const { joined, me, membership, table, fleet, watched, changed } = options;
	const { clock, dispatch, jobs, logs, submit, warn } = fleet;
	const connections = openConnections(joined, clock, {
		notified: (channel) => node.notified(channel),
		lost: () => node.wake(),
	});
	const { connection, listening } = connections;
	const queue = createCalls(me.id, connection.call, connections.close);
	const outbox = createOutbox({
		table,
		me,
		now: () => clock.now(),
		submit,
		findFile: fleet.findFile,
		assertMaySend({ need: { on, pool, kind } }, workspace) {
			const name = on === undefined ? undefined : (options.machineName(on) ?? on);
			fleet.assertMaySend({ on: name, pool, kind }, workspace);
		},
		ended: options.ended,
		changed,
	});
	const migration = createMigration({
		jobs,
		table,
		outbox,
		queue,
		me,
		fleet: joined.fleet,
		from: joined.name,
		now: () => clock.now(),
		homeFolder: fleet.homeFolder,
		submit,
		enqueue: fleet.enqueueHere,
		machineId: options.machineId,
		changed,
	});
	const inbox = createInbox({
		table,
		scratch: fleet.scratch,
		homeFolder: fleet.homeFolder,
		now: () => clock.now(),
		submit,
		enqueue: fleet.enqueue,
	});
	const runnerLogs = createRunnerLogs({ queue, table, logs, clock });
	const leaving = () => leavingMode(table);
	let spawnFailures = 0;

	function judging(): Judging {
		const { accept: rules, recipes, secrets } = membership.read();
		return { me: me.id, rules, recipes, secrets, met: fleet.met, isAt };
	}

	const heldOpen = () => table.held.all().filter(({ state }) => state === null);

	function free(): number {
		const takesNothing = spawnFailures >= SPAWN_FAILURES || leaving() !== null;
		if (takesNothing || !fleet.takes() || !membership.read().accept.some(letsRun)) return 0;
		const unstarted = heldOpen().filter(({ begun }) => begun === 0).length;
		return Math.max(0, dispatch.free('fleet') - unstarted);
	}

	async function claims(needs: ReadonlyMap<number, unknown>) {
		if (free() === 0) return [];
		const now = judging();
		const byRule = new Map<Rule, number[]>();
		for (const [id, spec] of needs) {
			const rule = await ruleFor(spec, now);
			if (rule !== undefined) byRule.set(rule, [...(byRule.get(rule) ?? []), id]);
		}
		return [...byRule].map(([rule, ids]) => ({
			needs: ids,
			most: rule.atMost - heldOpen().filter((row) => row.rule === rule.key).length,
		}));
	}

	async function take(lease: Lease, { fleet: fleetId, leaseMs }: Hello): Promise<void> {
		try {
			const file = membership.read();
			await inbox.take({ lease, queue, fleet: fleetId, leaseMs, file, judging: judging() });
		} catch (error) {
			const message = errorMessage(error);
			warn(message);
			if (isShort(error)) spawnFailures++;
			// A disk that is full, or a queue that is gone: it goes back, and may run later or elsewhere.
			if (!isFinal(error)) return;
			const code = isLost(error) ? 'PAYLOAD_LOST' : 'REFUSED';
			await ends.notRun(lease, fleetId, code, message);
		}
	}

	function running(): Job[] {
		return heldOpen().flatMap((row) => {
			const local = table.local(row);
			const job = local === undefined ? undefined : jobs.find([local.id], 1).jobs[0];
			return job === undefined || isFinished(job.state) ? [] : [job];
		});
	}

	/** By the ids of shared jobs. */
	function progress(): Record<string, unknown> {
		const known: Record<string, unknown> = {};
		for (const row of heldOpen()) {
			const local = row.begun === 1 ? table.local(row) : undefined;
			const job = local === undefined ? undefined : jobs.find([local.id], 1).jobs[0];
			if (job?.progress != null) known[row.id] = job.progress;
		}
		return known;
	}

	async function stop(row: HeldRow): Promise<boolean> {
		const local = table.local(row);
		if (local === undefined) return false;
		await jobs.cancel({ ids: [local.id] });
		return true;
	}

	/** Of whom it was taken from, or anybody whose work is accepted. */
	function believes(held: Held, sealed: SealedOrder, key: string, order: OrderKind): boolean {
		const row = heldOpen().find(({ lease }) => lease === held.lease);
		const isKnown = row?.rule === key || membership.read().accept.some((rule) => rule.key === key);
		return isKnown && saysSo(sealed, key, { fleet: joined.fleet, id: held.id, order });
	}

	function isCancelled(held: Held): boolean {
		const { stop: order, stopSignature: signature, stopKey: key } = held;
		if (order === null || signature === null || key === null) return false;
		return believes(held, { order, signature }, key, 'cancel');
	}

	const pauses = createRunnerPauses({
		queue,
		table,
		jobs,
		believes(held, kind) {
			const { pause: order, pauseSignature: signature, pauseKey: key } = held;
			return !!order && !!signature && !!key && believes(held, { order, signature }, key, kind);
		},
	});

	const ends = createRunnerEnds({
		queue,
		table,
		me,
		clock,
		jobs,
		submit,
		logs: runnerLogs,
		leaving,
		async over(row, job) {
			spawnFailures = job.stopReason === 'spawn' ? spawnFailures + 1 : 0;
			runnerLogs.ended(row.lease);
			pauses.ended(row.lease);
			await inbox.clean(row);
		},
	});

	const tripped = () =>
		spawnFailures < SPAWN_FAILURES
			? undefined
			: `${SPAWN_FAILURES} jobs of others in a row could not be started here, so no more are taken. Look at them (semantica list -q fleet), then: semantica fleet work`;

	const node = createNode({
		queue,
		table,
		clock,
		random: Math.random,
		outbox,
		bringBack: migration.bringBack,
		submit,
		joining: {
			key: me.key,
			name: joined.name,
			info: () => ({
				version: fleet.version,
				platform: `${process.platform}-${process.arch}`,
				labels: joined.labels,
				pools: poolsOf(membership.read().accept),
				accepts:
					membership.read().accept.some(letsRun) && tripped() === undefined && leaving() === null,
				pauses: fleet.canPause(),
				...(leaving() === null ? {} : { leaving: true }),
			}),
		},
		listening,
		me: me.id,
		progress,
		free,
		claims,
		take,
		lost: (held, fleetId) =>
			ends.notRun(held, fleetId, 'INTERRUPTED', 'Nothing is known of it where it ran.'),
		stop,
		gather: ends.gather,
		isCancelled,
		pauses,
		uploads: runnerLogs.upload,
		leaving,
		looked: options.looked,
		watched,
		changed: () => changed([]),
		warn,
	});
	return {
		queue,
		node,
		outbox,
		migration,
		listening: listening.active,
		running,
		tripped,
		reset() {
			spawnFailures = 0;
			node.wake();
		},
		cut: connections.cut,
		async close() {
			const late = clock.after(CLOSED_WITHIN_MS, connections.cut);
			try {
				await node.stop();
				await queue.close();
			} finally {
				late.cancel();
			}
		},
	};
}

/** For eyes only, and no more of them than fit. */
function poolsOf(rules: readonly Rule[]): string[] {
	return [...new Set(rules.filter(letsRun).flatMap(({ pools }) => pools))].sort().slice(0, 50);
}

const isLost = (error: unknown) => error instanceof SemanticaError && error.kind === 'PAYLOAD_LOST';

const isShort = (error: unknown) =>
	isShortage(error) || /^(ENOSPC|EDQUOT)$/.test(errorCode(error) ?? '');

/** Another try here would end the same. */
function isFinal(error: unknown): boolean {
	if (!(error instanceof SemanticaError)) return !isShort(error);
	return error.kind !== 'STORE' && error.kind !== 'SYSTEM' && error.kind !== 'DRAINING';
}
