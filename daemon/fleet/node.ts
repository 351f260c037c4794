/**
 * The loop of a machine that joined: it says that it is there, stops what it may not rely on any more, takes as much
 * as can start now, and reports. Nothing here decides by the clock of a client but to stop by itself.
 */
import { errorMessage } from '../../shared/errors.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import { createHearing, type HearingOptions } from './hearing.ts';
import { createHolding, type Holding, type HoldingOptions } from './holding.ts';
import { createLeaseTime, type LeaseTime } from './lease.ts';
import type { Outbox } from './outbox.ts';
import { type Claimed, type Hello, isRefusal, type Lease, type Sync } from './port.ts';
import type { HeldRow } from './table.ts';

export interface NodeOptions extends HoldingOptions, HearingOptions {
	readonly clock: Clock;
	/** In [0, 1). */
	readonly random: () => number;
	readonly outbox: Pick<Outbox, 'deliver' | 'follow' | 'look'>;
	/** Takes back what is marked so. */
	readonly bringBack: () => Promise<unknown>;
	/** Public key, name, and what is said of this machine. */
	readonly joining: {
		readonly key: string;
		readonly name: string;
		readonly info: () => Record<string, unknown>;
	};
	/** How far has come what runs for others, by id. */
	readonly progress: () => Record<string, unknown>;
	/** How many more could start now; 0 while this machine takes nothing. */
	readonly free: () => number;
	/** Which of these needs it satisfies now, and at most how many of each rule: several claims, one after the other. */
	readonly claims: (
		needs: ReadonlyMap<number, unknown>,
	) => Promise<{ needs: number[]; most: number }[]>;
	/** Checks what was leased and queues it here. Never rejects. */
	readonly take: (lease: Lease, hello: Hello) => Promise<void>;
	/** Makes the reports of those that have ended. */
	readonly gather: (fleet: string) => Promise<void>;
	readonly uploads: (wishes: readonly string[], held: readonly HeldRow[]) => Promise<void>;
	/** Somebody looks at jobs elsewhere. */
	readonly watched: () => boolean;
	/** What is said of the fleet's state has changed. */
	readonly changed: () => void;
	/** After each look, whatever came of it. */
	readonly looked: () => void;
}

export interface FleetNode {
	readonly time: LeaseTime;
	/** What the server said at the beginning of this life; undefined while there is none. */
	readonly hello: () => Hello | undefined;
	readonly unreachable: () => { readonly since: number; readonly message: string } | null;
	readonly roundTripMs: () => number | null;
	readonly clockMs: () => number | null;
	readonly replaced: () => boolean;
	/** A notification came. */
	notified(channel: string): void;
	readonly letGo: Holding['letGo'];
	/** Looks now, or once more after the look that goes on. */
	wake(): void;
	/** Resolves when what goes on has ended; nothing more is done then. */
	stop(): Promise<void>;
}

const WATCHED_MS = 1000;
/** Its machine says no more often how far a job has come. */
const LOOK_MS = 4000;
const IDLE_POLL_MS = 5000;
/** So long after something was found it is looked for often. */
const LIVELY_MS = 60_000;
const MOST_BACKOFF_MS = 15_000;

export function createNode(options: NodeOptions): FleetNode {
	const { queue, table, clock, submit, outbox } = options;
	const time = createLeaseTime(clock);
	const holding = createHolding(options, { time, hello: () => hello });
	const hearing = createHearing(options);
	const needs = new Map<number, unknown>();
	let hello: Hello | undefined;
	let unreachable: { since: number; message: string } | null = null;
	let roundTripMs: number | null = null;
	let clockMs: number | null = null;
	let failures = 0;
	let syncedAt = Number.NEGATIVE_INFINITY;
	let foundAt = Number.NEGATIVE_INFINITY;
	let lookedAt = Number.NEGATIVE_INFINITY;
	let replaced = false;
	let wishes: readonly string[] = [];
	let [stopped, again] = [false, false];
	let going: Promise<void> | undefined;
	let timer: Timer | undefined;

	function wake(): void {
		if (stopped) return;
		again = true;
		if (going !== undefined) return;
		timer?.cancel();
		going = run().finally(() => {
			going = undefined;
			options.looked();
			if (again) wake();
			else arm();
		});
	}

	async function run(): Promise<void> {
		again = false;
		try {
			await look();
			failures = 0;
			if (unreachable !== null) {
				unreachable = null;
				options.changed();
			}
		} catch (error) {
			failures++;
			if (unreachable === null) {
				// Whatever it is: what others send must not end the daemon.
				const message = errorMessage(error);
				unreachable = { since: clock.now(), message };
				options.warn(message);
				options.changed();
			}
		}
	}

	function arm(): void {
		if (stopped) return;
		timer = clock.after(nextMs(), wake);
		holding.arm();
	}

	function nextMs(): number {
		const jitter = 0.75 + 0.5 * options.random();
		if (failures > 0)
			return Math.min(MOST_BACKOFF_MS, time.leaseMs / 8, 250 * 2 ** failures) * jitter;
		if (replaced) return MOST_BACKOFF_MS;
		const untilSync = syncedAt + syncMs() - clock.monotonic();
		const lively = clock.monotonic() - foundAt < LIVELY_MS;
		const isLooking = options.watched() || wishes.length > 0;
		const takes = options.free() > 0 && !hearing.isComplete();
		const poll =
			isLooking || (takes && lively) ? WATCHED_MS : takes ? IDLE_POLL_MS : Number.POSITIVE_INFINITY;
		return Math.max(10, Math.min(untilSync, poll * jitter, time.leaseMs / 4));
	}

	/** Orders come with it: whoever holds work looks more often. */
	function syncMs(): number {
		return time.leaseMs / (table.held.all().length > 0 ? 12 : 4);
	}

	async function look(): Promise<void> {
		if (replaced) return;
		if (hello === undefined) await begin();
		let refusal: unknown;
		if (clock.monotonic() - syncedAt >= syncMs() - 10 || again || hearing.isTold()) {
			// One that is there and refuses the heartbeat may take reports all the same.
			await sync().catch((error: unknown) => {
				if (!isRefusal(error)) throw error;
				refusal = error;
			});
		}
		if (hello === undefined) return;
		await options.gather(hello.fleet);
		await holding.report();
		if (refusal !== undefined) throw refusal;
		await outbox.deliver(queue);
		await options.bringBack();
		await claim();
		if (options.watched() || clock.monotonic() - syncedAt < 50) await outbox.follow(queue);
		if (options.watched() && clock.monotonic() - lookedAt >= LOOK_MS) {
			lookedAt = clock.monotonic();
			await outbox.look(queue);
		}
		await options.uploads(wishes, wishes.length > 0 ? table.held.all() : []);
	}

	async function begin(): Promise<void> {
		const { key, name, info } = options.joining;
		const holds = table.held.all().map(({ id, lease }) => ({ id, lease }));
		const confirmed = time.asking();
		const answer = await timed(() => queue.hello({ key, name, info: info(), holds }));
		hello = answer;
		time.leaseMs = answer.leaseMs;
		confirmed();
		clockMs = clock.now() - answer.now;
		needs.clear();
		await newTimeline(answer.timeline);
		await holding.reconcile(answer.held);
		options.changed();
	}

	async function sync(): Promise<void> {
		if (hello === undefined) return;
		hearing.synced();
		const load = { ...options.joining.info(), progress: options.progress() };
		const confirmed = time.asking();
		const answer: Sync = await timed(() =>
			queue.sync(hello?.epoch ?? 0, load, Math.max(0, ...needs.keys())),
		);
		clockMs = clock.now() - answer.now;
		if (answer.replaced) {
			replaced = true;
			time.void();
			await holding.fence();
			options.warn(
				'Another daemon speaks as this machine in the shared queue, as after a copy of its data folder. It takes no work any more: semantica fleet leave, which gives this one a new key, then join again under another name.',
			);
			options.changed();
			return;
		}
		if (!answer.alive) {
			// This life was declared over. The next one says what it still holds.
			hello = undefined;
			time.void();
			return begin();
		}
		confirmed();
		syncedAt = clock.monotonic();
		learn(answer.needs);
		wishes = answer.wishes;
		await newTimeline(answer.timeline);
		await holding.reconcile(answer.held);
	}

	async function timed<T>(ask: () => Promise<T>): Promise<T> {
		const from = clock.monotonic();
		const answer = await ask();
		roundTripMs = clock.monotonic() - from;
		return answer;
	}

	/** A server that was promoted may have lost what the old one acknowledged last. */
	async function newTimeline(timeline: number): Promise<void> {
		const known = table.number('timeline');
		if (known === timeline) return;
		await submit(() => {
			table.setNumber('timeline', timeline);
			if (known === undefined) return;
			table.sent.redeliver();
			table.setNumber('mark', 0);
		});
	}

	function learn(found: Claimed['needs']): void {
		for (const { id, spec } of found) needs.set(id, spec);
		// What waits is known again at the next beginning; a machine that lives for years keeps the newest.
		while (needs.size > 10_000) needs.delete(needs.keys().next().value ?? 0);
	}

	async function claim(): Promise<void> {
		const known = needs.size;
		const claims = await options.claims(needs);
		if (options.free() <= 0) return;
		if (await hearing.isSilent(claims)) return;
		let [asked, left] = [false, false];
		for (const { needs: wanted, most } of claims) {
			const n = Math.min(most, options.free());
			left ||= options.free() <= 0;
			if (n <= 0 || hello === undefined) continue;
			asked = true;
			const answer = await queue.claim(hello.epoch, wanted, n, Math.max(0, ...needs.keys()));
			if (!answer.alive) {
				again = true;
				return;
			}
			learn(answer.needs);
			for (const lease of answer.leases) await options.take(lease, hello);
			left ||= answer.leases.length === n;
			if (answer.leases.length === 0) continue;
			foundAt = clock.monotonic();
			holding.arm();
		}
		// A machine that satisfies nothing that waits hears of new needs here.
		const isDeaf = !options.listening.active();
		if (!asked && isDeaf && hello !== undefined && options.free() > 0) {
			learn((await queue.claim(hello.epoch, [], 0, Math.max(0, ...needs.keys()))).needs);
		}
		if (left) hearing.left();
		if (needs.size > known) again = true;
	}

	return {
		time,
		hello: () => hello,
		unreachable: () => unreachable,
		roundTripMs: () => roundTripMs,
		clockMs: () => clockMs,
		replaced: () => replaced,
		letGo: holding.letGo,
		notified(channel) {
			hearing.notified(channel);
			wake();
		},
		wake,
		async stop() {
			stopped = true;
			again = false;
			timer?.cancel();
			holding.disarm();
			await going?.catch(() => {});
		},
	};
}
