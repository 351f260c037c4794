/** What this room keeps in jobs.db: what was asked of others, what others asked of us. Written inside groups of the queue's writer. */
import type { Sqlite } from '../sqlite/open.ts';
import type { Tenure } from './port.ts';

export interface SentRow {
	readonly id: string;
	readonly key: string | null;
	readonly envelope: Buffer;
	readonly signature: Buffer;
	readonly payload: Buffer | null;
	readonly title: string;
	readonly created_at: number;
	readonly delivered: number;
	readonly refused: string | null;
	/** JSON of a SharedJob. */
	readonly shared: string | null;
	readonly ended_at: number | null;
	readonly tail: Buffer | null;
	/** 1: the queue is to be told to cancel it · 2: it was told. */
	readonly cancelling: number;
	/** The job here that it was before. */
	readonly moved_from: string | null;
	/** 1: it is to be taken back, if nobody has it · 2: it is back, as what `refused` says. */
	readonly coming_back: number;
	/** The AI tool that asked for it; null: a person. */
	readonly origin: string | null;
	/** Of what a tool asked for, a URI. */
	readonly workspace: string | null;
	/** It stays here until a person has approved it. */
	readonly needs_approval: number;
}

/** Whom a tool's job is asked for by, and where it belongs. */
export interface AskedByTool {
	readonly origin: string;
	readonly workspace: string;
	readonly needsApproval: boolean;
}

export interface HeldRow {
	readonly lease: string;
	readonly id: string;
	readonly fence: number;
	/** The key whose rule let it in, base64. */
	readonly rule: string;
	readonly restartable: number;
	readonly grace_ms: number;
	readonly taken_at: number;
	readonly begun: number;
	readonly given_up: number;
	readonly state: number | null;
	readonly report: Buffer | null;
	readonly signature: Buffer | null;
	readonly tail: Buffer | null;
}

export interface LocalJob {
	readonly id: string;
	readonly state: number;
	readonly run: number;
}

export type FleetTable = ReturnType<typeof createFleetTable>;

/**
 * The key of the local job of a tenure: by it the two find each other whatever was interrupted. By the lease and not by
 * the fence: a promoted standby counts the same number twice.
 */
export const localKey = ({ id, lease }: Tenure): string => `fleet:${id}:${lease}`;

export function createFleetTable(db: Sqlite) {
	const one = <P extends unknown[], R>(sql: string) => db.prepare<P, R>(sql);
	const addSent = db.prepare(
		'INSERT INTO fleet_sent (id, key, envelope, signature, payload, title, created_at, moved_from, origin, workspace, needs_approval) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
	);
	const sent = one<[string], SentRow>('SELECT * FROM fleet_sent WHERE id = ?');
	const sentByKey = one<[string], SentRow>('SELECT * FROM fleet_sent WHERE key = ?');
	const sentMoved = one<[string], SentRow>('SELECT * FROM fleet_sent WHERE moved_from = ?');
	const open = one<[], SentRow>(
		'SELECT * FROM fleet_sent WHERE ended_at IS NULL ORDER BY created_at, id',
	);
	const comeBack = db.prepare('UPDATE fleet_sent SET coming_back = ? WHERE id = ?');
	const cameBack = db.prepare(
		'UPDATE fleet_sent SET coming_back = 2, refused = ?, ended_at = ? WHERE id = ?',
	);
	const comingBack = one<[], SentRow>(
		'SELECT * FROM fleet_sent WHERE coming_back = 1 ORDER BY created_at, id LIMIT 200',
	);
	const undelivered = one<[number], SentRow>(
		'SELECT * FROM fleet_sent WHERE ended_at IS NULL AND delivered = 0 AND needs_approval = 0 ORDER BY created_at, id LIMIT +?',
	);
	const cancelling = one<[], SentRow>('SELECT * FROM fleet_sent WHERE cancelling = 1 LIMIT 100');
	// Found by no index, behind inputs of megabytes: looked for only where there may be some.
	let mayCancel = true;
	const delivered = db.prepare('UPDATE fleet_sent SET delivered = 1 WHERE id = ?');
	const redeliver = db.prepare('UPDATE fleet_sent SET delivered = 0 WHERE ended_at IS NULL');
	const cancel = db.prepare('UPDATE fleet_sent SET cancelling = ? WHERE id = ?');
	const shared = db.prepare(
		'UPDATE fleet_sent SET shared = ?, ended_at = CASE coming_back WHEN 2 THEN ended_at ELSE ? END, tail = coalesce(?, tail), delivered = 1 WHERE id = ?',
	);
	const refuse = db.prepare('UPDATE fleet_sent SET refused = ?, ended_at = ? WHERE id = ?');
	const openSent = one<[], { n: number }>(
		'SELECT count(*) AS n FROM fleet_sent WHERE ended_at IS NULL',
	);
	const waitingSent = one<[], { n: number }>(
		'SELECT count(*) AS n FROM fleet_sent WHERE ended_at IS NULL AND delivered = 0 AND needs_approval = 0',
	);
	const search = one<[string, string, number], SentRow>(
		'SELECT * FROM fleet_sent WHERE instr(id, ?) > 0 OR instr(lower(title), ?) > 0 ORDER BY created_at DESC LIMIT +?',
	);
	const approved = db.prepare('UPDATE fleet_sent SET needs_approval = 0 WHERE id = ?');
	const forget = db.prepare('DELETE FROM fleet_sent WHERE id = ?');
	const forgetOld = db.prepare('DELETE FROM fleet_sent WHERE ended_at < ?');

	const addHeld = db.prepare(
		'INSERT INTO fleet_held (lease, id, fence, rule, restartable, grace_ms, taken_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
	);
	const held = one<[], HeldRow>('SELECT * FROM fleet_held ORDER BY taken_at, lease');
	const heldOf = one<[string, string], HeldRow>(
		'SELECT * FROM fleet_held WHERE id = ? AND lease = ?',
	);
	const heldBegun = db.prepare('UPDATE fleet_held SET begun = 1 WHERE lease = ?');
	const givenUp = db.prepare('UPDATE fleet_held SET given_up = 1 WHERE lease = ?');
	const ended = db.prepare(
		'UPDATE fleet_held SET state = ?, report = ?, signature = ?, tail = ? WHERE lease = ?',
	);
	const dropHeld = db.prepare('DELETE FROM fleet_held WHERE lease = ?');

	const seen = one<[string], { begun: number }>('SELECT begun FROM fleet_seen WHERE id = ?');
	const addSeen = db.prepare(
		'INSERT INTO fleet_seen (id, begun, not_after) VALUES (?, 0, ?) ON CONFLICT (id) DO NOTHING',
	);
	const seenBegun = db.prepare('UPDATE fleet_seen SET begun = 1 WHERE id = ?');
	const forgetSeen = db.prepare('DELETE FROM fleet_seen WHERE not_after < ?');

	const local = one<[string], LocalJob>('SELECT id, state, run FROM jobs WHERE key = ?');
	const state = one<[string], { value: number }>('SELECT value FROM fleet_state WHERE name = ?');
	const setState = db.prepare(
		'INSERT INTO fleet_state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
	);

	return {
		sent: {
			add(
				row: Pick<SentRow, 'id' | 'key' | 'envelope' | 'signature' | 'payload' | 'title'>,
				now: number,
				{ movedFrom = null, by }: { movedFrom?: string | null; by?: AskedByTool | undefined } = {},
			) {
				const { id, key, envelope, signature, payload, title } = row;
				const asked = [by?.origin ?? null, by?.workspace ?? null, by?.needsApproval ? 1 : 0];
				addSent.run(id, key, envelope, signature, payload, title, now, movedFrom, ...asked);
			},
			approved: (id: string) => approved.run(id),
			/** What became of a job that was moved. */
			movedFrom: (id: string) => sentMoved.get(id),
			open: () => open.all(),
			comeBack: (id: string, on: boolean) => comeBack.run(on ? 1 : 0, id),
			/** `to`: what it is here now. */
			cameBack: (id: string, to: string, now: number) => cameBack.run(to, now, id),
			comingBack: () => comingBack.all(),
			get: (id: string) => sent.get(id),
			byKey: (key: string) => sentByKey.get(key),
			undelivered: (limit: number) => undelivered.all(limit),
			/** Also what has ended here: a queue whose answer was lost may have it. */
			cancelling(): SentRow[] {
				const rows = mayCancel ? cancelling.all() : [];
				mayCancel = rows.length > 0;
				return rows;
			},
			delivered: (id: string) => delivered.run(id),
			/** The server may have lost what it acknowledged last. */
			redeliver: () => redeliver.run(),
			cancel(id: string) {
				mayCancel = true;
				cancel.run(1, id);
			},
			toldToCancel: (id: string) => cancel.run(2, id),
			said: (id: string, json: string, endedAt: number | null, tail: Buffer | null) =>
				shared.run(json, endedAt, tail, id),
			refused: (id: string, why: string, now: number) => refuse.run(why, now, id),
			openCount: () => openSent.get()?.n ?? 0,
			undeliveredCount: () => waitingSent.get()?.n ?? 0,
			search: (text: string, limit: number) => search.all(text, text.toLowerCase(), limit),
			forget: (id: string) => forget.run(id),
			forgetOld: (before: number) => forgetOld.run(before),
		},
		held: {
			add(
				row: Pick<HeldRow, 'lease' | 'id' | 'fence' | 'rule' | 'restartable' | 'grace_ms'>,
				now: number,
			) {
				addHeld.run(row.lease, row.id, row.fence, row.rule, row.restartable, row.grace_ms, now);
			},
			all: () => held.all(),
			of: ({ id, lease }: Tenure) => heldOf.get(id, lease),
			begun(row: HeldRow) {
				heldBegun.run(row.lease);
				seenBegun.run(row.id);
			},
			givenUp: (lease: string) => givenUp.run(lease),
			ended: (lease: string, state: number, report: Buffer, signature: Buffer, tail: Buffer) =>
				ended.run(state, report, signature, tail, lease),
			drop: (lease: string) => dropHeld.run(lease),
		},
		seen: {
			/** Undefined: never taken in here. */
			get: (id: string) => seen.get(id),
			add: (id: string, notAfter: number) => addSeen.run(id, notAfter),
			forgetOld: (now: number) => forgetSeen.run(now),
		},
		/** The local job of a tenure. */
		local: (tenure: Tenure) => local.get(localKey(tenure)),
		number: (name: string) => state.get(name)?.value,
		setNumber: (name: string, value: number) => setState.run(name, value),
	};
}
