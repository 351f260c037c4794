/** The shared queue in plain objects: what the SQL must do, written a second time, and what unit tests join. */
import { createHash, randomUUID } from 'node:crypto';
import {
	type Held,
	NEVER_MS,
	type NewShared,
	SHARED,
	type SharedJob,
	type SharedQueue,
	type Taken,
} from '../../../daemon/fleet/port.ts';
import { SemanticaError } from '../../../shared/errors.ts';

interface MemoryJob extends NewShared {
	readonly n: number;
	readonly needId: number;
	readonly submitter: string;
	readonly submitterKey: string;
	readonly created: number;
	state: number;
	dueAt: number | null;
	expiresAt: number;
	fence: number;
	lease: string | null;
	node: string | null;
	losses: number;
	stop: { order: string; signature: string; key: string } | null;
	pause: { order: string; signature: string; key: string } | null;
	pauseWanted: boolean;
	paused: boolean;
	pauseRefusal: string | null;
	reason: string | null;
	leasedAt: number | null;
	begunAt: number | null;
	endedAt: number | null;
	report: { report: string; signature: string; tail: string; key: string } | null;
	changed: number;
}

interface MemoryNode {
	readonly id: string;
	readonly key: string;
	name: string;
	info: Readonly<Record<string, unknown>>;
	epoch: number;
	seen: number;
	load: unknown;
}

export interface MemoryFleet {
	/** As the machine with this public key (base64). */
	open(key: string): SharedQueue;
	/** It has not been heard of for longer than a lease. */
	silence(node: string): void;
	makeDue(id: string): void;
	expire(id: string): void;
	/** Hears of each change of state. */
	onMove: (move: Move) => void;
	/** Every call fails as if nothing could be reached. */
	down: boolean;
}

export interface Move {
	readonly id: string;
	readonly from: number | null;
	readonly to: number;
	readonly lease: string | null;
	readonly restartable: boolean;
}

export function nodeIdOf(key: string): string {
	const hex = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 32);
	return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function createMemoryFleet({ leaseMs = 60_000 } = {}): MemoryFleet {
	const fleetId = randomUUID();
	const nodes = new Map<string, MemoryNode>();
	const jobs = new Map<string, MemoryJob>();
	const needs: { id: number; spec: unknown; text: string }[] = [];
	const chunks = new Map<string, Map<number, string>>();
	const wishes = new Set<string>();
	const pieces = new Map<string, { lease: string; at: number; data: string }[]>();
	let [epochs, counted, changes] = [0, 0, 0];

	const fleet: MemoryFleet = {
		open,
		silence(node) {
			const found = nodes.get(node);
			if (found !== undefined) found.seen = Number.NEGATIVE_INFINITY;
		},
		makeDue(id) {
			const job = jobs.get(id);
			if (job !== undefined) job.dueAt = 0;
		},
		expire(id) {
			const job = jobs.get(id);
			if (job !== undefined) job.expiresAt = 0;
		},
		onMove: () => {},
		down: false,
	};
	return fleet;

	function move(job: MemoryJob, to: number): void {
		const from = job.state;
		job.state = to;
		job.changed = ++changes;
		const { id, lease, restartable } = job;
		fleet.onMove({ id, from, to, lease, restartable });
	}

	function firstState(key: string, subject: string | null, dueAt: number | null): number {
		if (subject !== null && isTaken(key, subject)) return SHARED.behind;
		return dueAt !== null && dueAt > Date.now() ? SHARED.delayed : SHARED.waiting;
	}

	function isTaken(key: string, subject: string): boolean {
		return [...jobs.values()].some(
			(job) => job.submitterKey === key && job.subject === subject && job.state <= SHARED.delayed,
		);
	}

	function freeSubject({ submitterKey, subject }: MemoryJob): void {
		if (subject === null || isTaken(submitterKey, subject)) return;
		const next = inOrder(
			(job) =>
				job.submitterKey === submitterKey && job.subject === subject && job.state === SHARED.behind,
		)[0];
		if (next !== undefined) {
			move(next, next.dueAt !== null && next.dueAt > Date.now() ? SHARED.delayed : SHARED.waiting);
		}
	}

	function inOrder(which: (job: MemoryJob) => boolean): MemoryJob[] {
		return [...jobs.values()].filter(which).sort((a, b) => b.priority - a.priority || a.n - b.n);
	}

	function endUnreported(job: MemoryJob, state: number, reason: string): void {
		job.reason = reason;
		job.endedAt = Date.now();
		job.lease = null;
		chunks.delete(job.id);
		move(job, state);
		freeSubject(job);
	}

	function back(job: MemoryJob): void {
		job.lease = null;
		job.node = null;
		const stays = job.pauseWanted;
		if (stays) job.dueAt = NEVER_MS;
		Object.assign(job, { pause: null, pauseWanted: false, paused: false, pauseRefusal: null });
		move(job, stays ? SHARED.delayed : SHARED.waiting);
	}

	function reap(): void {
		const now = Date.now();
		for (const node of nodes.values()) {
			if (node.epoch === 0 || node.seen > now - leaseMs) continue;
			node.epoch = 0;
			for (const job of jobs.values()) {
				if (job.node !== node.id || (job.state !== SHARED.leased && job.state !== SHARED.begun)) {
					continue;
				}
				if (job.state === SHARED.begun && !job.restartable) {
					job.losses++;
					move(job, SHARED.lost);
				} else if (job.stop !== null) endUnreported(job, SHARED.cancelled, 'cancel');
				else if (job.losses >= 1) endUnreported(job, SHARED.failed, 'poison');
				else {
					job.losses++;
					back(job);
				}
			}
		}
		for (const job of jobs.values()) {
			if (job.state === SHARED.delayed && job.dueAt !== null && job.dueAt <= now) {
				move(job, SHARED.waiting);
			}
		}
		const open = new Set<number>([SHARED.waiting, SHARED.delayed, SHARED.behind, SHARED.arriving]);
		for (const job of jobs.values()) {
			if (open.has(job.state) && job.expiresAt <= now) endUnreported(job, SHARED.expired, 'ttl');
		}
	}

	function heldBy(node: string): Held[] {
		return [...jobs.values()]
			.filter((job) => job.node === node && job.state >= 1 && job.state <= 3)
			.sort((a, b) => a.n - b.n)
			.map((job) => ({
				id: job.id,
				lease: job.lease ?? '',
				fence: job.fence,
				state: job.state,
				stop: job.stop?.order ?? null,
				stopSignature: job.stop?.signature ?? null,
				stopKey: job.stop?.key ?? null,
				paused: job.paused,
				pause: job.pause?.order ?? null,
				pauseSignature: job.pause?.signature ?? null,
				pauseKey: job.pause?.key ?? null,
			}));
	}

	function shown(job: MemoryJob, whole: boolean): SharedJob {
		const of = (id: string | null) => (id === null ? null : (nodes.get(id)?.name ?? null));
		return {
			id: job.id,
			n: job.n,
			title: job.title,
			state: job.state,
			priority: job.priority,
			restartable: job.restartable,
			fence: job.fence,
			losses: job.losses,
			stopping: job.stop !== null,
			reason: job.reason,
			need: job.need,
			node: job.node,
			machine: of(job.node),
			submitter: job.submitter,
			from: of(job.submitter),
			created: job.created,
			runAt: job.dueAt,
			expires: job.expiresAt,
			leasedAt: job.leasedAt,
			begunAt: job.begunAt,
			endedAt: job.endedAt,
			changed: job.changed,
			paused: job.paused,
			pauseWanted: job.pauseWanted,
			pauseRefusal: job.pauseRefusal,
			...(whole
				? {
						envelope: job.envelope,
						signature: job.signature,
						submitterKey: job.submitterKey,
						report: job.report?.report ?? null,
						reportSignature: job.report?.signature ?? null,
						runnerKey: job.report?.key ?? null,
						tail: job.report?.tail ?? null,
						seen: job.node === null ? null : (nodes.get(job.node)?.seen ?? null),
					}
				: {}),
		};
	}

	function open(key: string): SharedQueue {
		const me = nodeIdOf(key);

		function speaker(): MemoryNode {
			if (fleet.down) {
				throw new SemanticaError('SYSTEM', 'The shared queue cannot be reached.', {
					unreachable: true,
				});
			}
			const node = nodes.get(me);
			if (node === undefined) {
				throw new SemanticaError('FORBIDDEN', 'The machine was forgotten.');
			}
			return node;
		}

		function isAlive(node: MemoryNode, epoch: number): boolean {
			return epoch > 0 && node.epoch === epoch && node.seen > Date.now() - leaseMs;
		}

		const mine = (id: string, lease: string) => {
			const job = jobs.get(id);
			return job?.node === me && job.lease === lease ? job : undefined;
		};
		const needsAfter = (after: number) =>
			needs.filter(({ id }) => id > after).map(({ id, spec }) => ({ id, spec }));

		return {
			async hello({ name, info, holds }) {
				if (fleet.down) {
					throw new SemanticaError('SYSTEM', 'The shared queue cannot be reached.', {
						unreachable: true,
					});
				}
				if ([...nodes.values()].some((node) => node.name === name && node.id !== me)) {
					throw new SemanticaError('CONFLICT', `Another machine is called "${name}".`);
				}
				const node = nodes.get(me) ?? { id: me, key, name, info, epoch: 0, seen: 0, load: {} };
				Object.assign(node, { name, info, epoch: ++epochs, seen: Date.now() });
				nodes.set(me, node);
				for (const { id, lease } of holds) {
					const job = mine(id, lease);
					if (job?.state === SHARED.lost) move(job, SHARED.begun);
				}
				return {
					epoch: node.epoch,
					now: Date.now(),
					timeline: 1,
					fleet: fleetId,
					leaseMs,
					held: heldBy(me),
				};
			},
			async sync(epoch, load, after) {
				const node = speaker();
				const alive = isAlive(node, epoch);
				if (alive) Object.assign(node, { seen: Date.now(), load });
				reap();
				return {
					alive,
					replaced: node.epoch > epoch,
					now: Date.now(),
					timeline: 1,
					held: heldBy(me),
					needs: needsAfter(after),
					wishes: [...wishes].filter((id) => {
						const job = jobs.get(id);
						return job?.node === me && (job.state === 1 || job.state === 2);
					}),
				};
			},
			async claim(epoch, wanted, n, after) {
				if (!isAlive(speaker(), epoch)) return { alive: false, leases: [], needs: [] };
				const taken = inOrder(
					(job) => job.state === SHARED.waiting && wanted.includes(job.needId),
				).slice(0, n);
				for (const job of taken) {
					Object.assign(job, {
						lease: randomUUID(),
						fence: job.fence + 1,
						node: me,
						leasedAt: Date.now(),
						begunAt: null,
					});
					move(job, SHARED.leased);
				}
				return {
					alive: true,
					leases: taken.map((job) => ({
						id: job.id,
						lease: job.lease ?? '',
						fence: job.fence,
						need: job.needId,
						restartable: job.restartable,
						priority: job.priority,
						envelope: job.envelope,
						signature: job.signature,
						submitterKey: job.submitterKey,
						payload: job.payload,
						chunks: job.chunks,
					})),
					needs: needsAfter(after),
				};
			},
			async begin(epoch, { id, lease }) {
				if (!isAlive(speaker(), epoch)) return false;
				const job = mine(id, lease);
				if (job === undefined || job.stop !== null || (job.state !== 1 && job.state !== 2)) {
					return false;
				}
				job.begunAt ??= Date.now();
				move(job, SHARED.begun);
				return true;
			},
			async finish({ id, lease, state, ...report }) {
				speaker();
				const job = mine(id, lease);
				if (job === undefined) return 'refused';
				if (job.state >= 10) return 'already';
				if (job.state > 3 || job.state < 1) return 'refused';
				job.report = { ...report, key };
				job.endedAt = Date.now();
				chunks.delete(id);
				move(job, state);
				freeSubject(job);
				return 'accepted';
			},
			async finishMany(reports) {
				const taken: Taken[] = [];
				for (const report of reports) taken.push(await this.finish(report));
				return taken;
			},
			async giveBack({ id, lease }) {
				speaker();
				const job = mine(id, lease);
				if (job === undefined) return false;
				if (job.state !== SHARED.leased && !(job.state === SHARED.begun && job.restartable)) {
					return false;
				}
				if (job.stop !== null) endUnreported(job, SHARED.cancelled, 'cancel');
				else back(job);
				return true;
			},
			async enqueue(given) {
				speaker();
				return given.map((spec) => {
					const known =
						jobs.get(spec.id) ??
						[...jobs.values()].find(
							(job) => spec.key !== null && job.key === spec.key && job.submitterKey === key,
						);
					if (known !== undefined && known.submitterKey !== key) {
						throw new SemanticaError('CONFLICT', 'The id belongs to a job of another machine.');
					}
					if (known !== undefined) {
						const { id, state, envelope, signature } = known;
						return { id, state, existing: true, envelope, signature };
					}
					const text = JSON.stringify(spec.need);
					let need = needs.find((one) => one.text === text);
					if (need === undefined) {
						need = { id: needs.length + 1, spec: spec.need, text };
						needs.push(need);
					}
					const state =
						spec.chunks > 0 ? SHARED.arriving : firstState(key, spec.subject, spec.runAt);
					jobs.set(spec.id, {
						...spec,
						n: ++counted,
						needId: need.id,
						submitter: me,
						submitterKey: key,
						created: Date.now(),
						state,
						dueAt: spec.runAt,
						expiresAt: spec.expires,
						fence: 0,
						lease: null,
						node: null,
						losses: 0,
						...{ stop: null, pause: null, pauseWanted: false, paused: false, pauseRefusal: null },
						reason: null,
						leasedAt: null,
						begunAt: null,
						endedAt: null,
						report: null,
						changed: ++changes,
					});
					fleet.onMove({ ...spec, from: null, to: state, lease: null });
					return { id: spec.id, state, existing: false };
				});
			},
			async putChunk(id, n, data) {
				speaker();
				const job = jobs.get(id);
				if (job?.submitter !== me || job.state !== SHARED.arriving) return;
				const there = chunks.get(id) ?? new Map<number, string>();
				chunks.set(id, there.set(n, data));
			},
			async arrived(id) {
				speaker();
				const job = jobs.get(id);
				if (job?.submitter !== me) return null;
				if (job.state !== SHARED.arriving) return job.state;
				if ((chunks.get(id)?.size ?? 0) < job.chunks) return SHARED.arriving;
				move(job, firstState(key, job.subject, job.dueAt));
				return job.state;
			},
			async getChunk({ id, lease }, n) {
				speaker();
				return mine(id, lease) === undefined ? null : (chunks.get(id)?.get(n) ?? null);
			},
			async cancel(id, order, signature) {
				speaker();
				const job = jobs.get(id);
				if (job === undefined) return 'unknown';
				if (job.state >= 10) return 'already';
				if (job.state === SHARED.leased || job.state === SHARED.begun) {
					job.stop = { order, signature, key };
					move(job, job.state);
					return 'ordered';
				}
				if (job.submitter !== me) return 'forbidden';
				endUnreported(job, SHARED.cancelled, 'cancel');
				return 'ended';
			},
			async orderPause(id, wanted, sealed) {
				speaker();
				const job = jobs.get(id);
				if (job === undefined) return 'unknown';
				if (job.submitter !== me) return 'forbidden';
				if (job.state >= 10) return 'already';
				if (job.state < 1 || job.state > 3) return 'waits';
				job.pause = { ...sealed, key };
				job.pauseWanted = wanted;
				job.pauseRefusal = null;
				job.changed = ++changes;
				return 'ordered';
			},
			async tellPaused({ id, lease }, paused, refusal) {
				speaker();
				const job = mine(id, lease);
				if (job === undefined || job.state < 1 || job.state > 3) return;
				job.paused = paused;
				job.pauseRefusal = refusal;
				job.pauseWanted &&= refusal === null;
				job.changed = ++changes;
			},
			async withdraw(id) {
				speaker();
				const job = jobs.get(id);
				if (job === undefined || job.submitter !== me) return false;
				const waits = [SHARED.waiting, SHARED.delayed, SHARED.behind, SHARED.arriving] as number[];
				if (waits.includes(job.state)) endUnreported(job, SHARED.superseded, 'moved');
				return job.state === SHARED.superseded && job.reason === 'moved';
			},
			async delay(id, runAt) {
				speaker();
				const job = jobs.get(id);
				if (job === undefined || job.submitter !== me) return false;
				const waits = [SHARED.waiting, SHARED.delayed, SHARED.behind, SHARED.arriving] as number[];
				if (!waits.includes(job.state)) return false;
				job.dueAt = runAt;
				const isOpen = job.state === SHARED.waiting || job.state === SHARED.delayed;
				const later = runAt !== null && runAt > Date.now();
				move(job, isOpen ? (later ? SHARED.delayed : SHARED.waiting) : job.state);
				return true;
			},
			async changes(since, own) {
				speaker();
				const found = [...jobs.values()]
					.filter((job) => job.changed >= since && (!own || job.submitter === me))
					.sort((a, b) => a.changed - b.changed)
					.slice(0, 200);
				const more = found.length === 200;
				const last = found.at(-1)?.changed ?? 0;
				return {
					jobs: found.map((job) => {
						const { envelope: _, tail: __, ...rest } = shown(job, job.submitter === me);
						return rest;
					}),
					more,
					mark: more ? last + 1 : changes + 1,
				};
			},
			async get(id) {
				speaker();
				const job = jobs.get(id);
				return job === undefined ? null : shown(job, job.submitter === me || job.node === me);
			},
			async list({ machine, open: isOpen, before, text, limit }) {
				speaker();
				const target = [...nodes.values()].find(({ name }) => name === machine)?.id;
				return [...jobs.values()]
					.filter(
						(job) =>
							(before === undefined || job.n < before) &&
							(machine === undefined ||
								(target !== undefined &&
									(job.node === target || (job.need as { on?: string }).on === target))) &&
							(isOpen !== true || job.state < 10) &&
							(text === undefined ||
								job.id.includes(text) ||
								job.title.toLowerCase().includes(text.toLowerCase())),
					)
					.sort((a, b) => b.n - a.n)
					.slice(0, limit)
					.map((job) => shown(job, false));
			},
			async nodes() {
				speaker();
				return {
					now: Date.now(),
					timeline: 1,
					oldestTransactionMs: 0,
					waiting: [...jobs.values()].filter(({ state }) => state === SHARED.waiting).length,
					nodes: [...nodes.values()].map((node) => ({
						id: node.id,
						name: node.name,
						key: node.key,
						info: node.info,
						protocol: 1,
						alive: isAlive(node, node.epoch),
						seen: node.seen,
						load: {},
						held: heldBy(node.id).filter(({ state }) => state < 3).length,
					})),
				};
			},
			async wish(id) {
				speaker();
				if (jobs.get(id)?.submitter === me) wishes.add(id);
			},
			async putLog({ id, lease }, at, data) {
				speaker();
				if (!wishes.has(id) || mine(id, lease) === undefined) return false;
				const there = pieces.get(id) ?? [];
				if (!there.some((one) => one.at === at && one.lease === lease)) {
					there.push({ lease, at, data });
				}
				pieces.set(id, there);
				return true;
			},
			async readLog(id, from) {
				speaker();
				const job = jobs.get(id);
				const found = (pieces.get(id) ?? [])
					.filter(({ lease, at }) => job?.submitter === me && lease === job.lease && at >= from)
					.sort((a, b) => a.at - b.at)[0];
				return found ?? null;
			},
			async leave() {
				speaker();
				for (const job of jobs.values()) {
					if (job.node !== me || job.state < 1 || job.state > 3) continue;
					if (job.state === SHARED.leased || (job.state === SHARED.begun && job.restartable)) {
						back(job);
					} else endUnreported(job, SHARED.failed, 'interrupted');
				}
				nodes.delete(me);
			},
			async close() {},
		};
	}
}
