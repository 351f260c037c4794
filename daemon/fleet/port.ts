/**
 * The shared queue as the daemon asks of it (docs/fleet.md). Every call is one transaction of the server's and may be
 * repeated: whoever lost an answer asks again. Times are epoch ms by the server's clock, byte strings are base64.
 */
import * as z from 'zod';
import { SemanticaError } from '../../shared/errors.ts';
import type { SealedOrder } from './orders.ts';

/** The server is there, and does not take what was asked. */
export const isRefusal = (error: unknown): error is SemanticaError =>
	error instanceof SemanticaError && error.data['unreachable'] !== true;

/** States of a shared job, as the server counts them. */
export const SHARED = {
	waiting: 0,
	leased: 1,
	begun: 2,
	lost: 3,
	delayed: 4,
	behind: 5,
	arriving: 6,
	succeeded: 10,
	failed: 11,
	cancelled: 12,
	superseded: 13,
	expired: 14,
} as const;
export const FLEET_PROTOCOL = 1;
/** A time that does not come: what waits for it is paused. */
export const NEVER_MS = Date.UTC(9999, 0, 1);
/** Of a payload that travels in its row, and of a piece of one that does not. */
export const ROW_PAYLOAD_BYTES = 10_000;
export const CHUNK_BYTES = 256 * 1024;

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const state = z.int().min(0).max(14);
const text64 = z.string().nullable();
const time = z.number().nullable();

const heldSchema = z.object({
	id: uuid,
	lease: uuid,
	fence: z.int(),
	state,
	stop: text64,
	stopSignature: text64,
	stopKey: text64,
	/** Undefined where the queue's schema is older: whether it stands still, as it was told. */
	paused: z.boolean().optional(),
	/** The order to stand still or to go on. */
	pause: text64.optional(),
	pauseSignature: text64.optional(),
	pauseKey: text64.optional(),
});
/** What a machine holds, as the server says it. */
export type Held = z.output<typeof heldSchema>;

const needSchema = z.object({ id: z.int(), spec: z.unknown() });

export const helloSchema = z.object({
	epoch: z.int().positive(),
	now: z.number(),
	timeline: z.int(),
	fleet: uuid,
	leaseMs: z.int().positive(),
	held: z.array(heldSchema),
});
export type Hello = z.output<typeof helloSchema>;

export const syncSchema = z.object({
	/** False: this life is over, and what it held was taken away or will be. */
	alive: z.boolean(),
	/** Another life of the same machine has begun since. */
	replaced: z.boolean(),
	now: z.number(),
	timeline: z.int(),
	held: z.array(heldSchema),
	needs: z.array(needSchema),
	/** Jobs whose log somebody looks at. */
	wishes: z.array(uuid),
});
export type Sync = z.output<typeof syncSchema>;

const leaseSchema = z.object({
	id: uuid,
	lease: uuid,
	fence: z.int(),
	need: z.int(),
	restartable: z.boolean(),
	priority: z.int(),
	envelope: z.string(),
	signature: z.string(),
	submitterKey: z.string(),
	payload: text64,
	chunks: z.int().min(0).max(64),
});
export type Lease = z.output<typeof leaseSchema>;

export const claimSchema = z.object({
	alive: z.boolean(),
	leases: z.array(leaseSchema),
	needs: z.array(needSchema),
});
export type Claimed = z.output<typeof claimSchema>;

export const finishSchema = z.object({ taken: z.enum(['accepted', 'already', 'refused']) });
export type Taken = z.output<typeof finishSchema>['taken'];
export const finishManySchema = z.object({ taken: z.array(finishSchema.shape.taken) });

export const enqueueSchema = z.object({
	jobs: z.array(
		z.object({
			id: uuid,
			state,
			existing: z.boolean(),
			envelope: z.string().optional(),
			signature: z.string().optional(),
		}),
	),
});
export type Delivered = z.output<typeof enqueueSchema>['jobs'][number];

export const cancelSchema = z.object({
	done: z.enum(['ended', 'ordered', 'already', 'forbidden', 'unknown']),
});
export type Cancelled = z.output<typeof cancelSchema>['done'];

export const orderPauseSchema = z.object({
	done: z.enum(['ordered', 'waits', 'already', 'forbidden', 'unknown']),
});
export type PauseOrdered = z.output<typeof orderPauseSchema>['done'];

export const sharedJobSchema = z.object({
	id: uuid,
	n: z.int(),
	title: z.string(),
	state,
	priority: z.int(),
	restartable: z.boolean(),
	fence: z.int(),
	losses: z.int(),
	stopping: z.boolean(),
	reason: z.string().nullable(),
	need: z.unknown(),
	/** Who holds it, or ran it. */
	node: uuid.nullable(),
	machine: z.string().nullable(),
	submitter: uuid.nullable(),
	from: z.string().nullable(),
	created: z.number(),
	runAt: time,
	expires: time,
	leasedAt: time,
	begunAt: time,
	endedAt: time,
	changed: z.int(),
	/** Where it runs: whether it stands still, was told to, and why it could not. */
	paused: z.boolean().optional(),
	pauseWanted: z.boolean().optional(),
	pauseRefusal: z.string().nullable().optional(),
	/** The rest is shown to submitter and holder only. */
	envelope: text64.optional(),
	signature: text64.optional(),
	submitterKey: text64.optional(),
	report: text64.optional(),
	reportSignature: text64.optional(),
	runnerKey: text64.optional(),
	/** The end of its log. */
	tail: text64.optional(),
	/** When its machine was last heard of. */
	seen: time.optional(),
	progress: z.unknown().optional(),
});
export type SharedJob = z.output<typeof sharedJobSchema>;

export const changesSchema = z.object({
	jobs: z.array(sharedJobSchema),
	mark: z.int(),
	more: z.boolean(),
});
export type Changes = z.output<typeof changesSchema>;

export const nodesSchema = z.object({
	now: z.number(),
	timeline: z.int(),
	oldestTransactionMs: z.number(),
	waiting: z.int(),
	nodes: z.array(
		z.object({
			id: uuid,
			name: z.string(),
			key: z.string(),
			info: z.record(z.string(), z.unknown()),
			protocol: z.int(),
			alive: z.boolean().nullable(),
			seen: time,
			load: z.record(z.string(), z.unknown()).nullable(),
			held: z.int(),
		}),
	),
});
export type Nodes = z.output<typeof nodesSchema>;

export const logPieceSchema = z
	.object({ lease: uuid, at: z.int().min(0), data: z.string() })
	.nullable();
export type LogPiece = z.output<typeof logPieceSchema>;

export interface Joining {
	readonly name: string;
	/** Public key, base64. */
	readonly key: string;
	readonly info: Readonly<Record<string, unknown>>;
	/** What runs here still from before. */
	readonly holds: readonly Tenure[];
}

/** One time that one machine holds one job. */
export interface Tenure {
	readonly id: string;
	readonly lease: string;
}

export interface NewShared {
	readonly id: string;
	readonly need: unknown;
	readonly priority: number;
	readonly restartable: boolean;
	readonly key: string | null;
	readonly subject: string | null;
	readonly title: string;
	readonly runAt: number | null;
	readonly expires: number;
	readonly envelope: string;
	readonly signature: string;
	readonly payload: string | null;
	readonly chunks: number;
}

export interface Report extends Tenure {
	readonly state: number;
	readonly report: string;
	readonly signature: string;
	readonly tail: string;
}

export interface ListQuery {
	readonly machine?: string | undefined;
	readonly open?: boolean | undefined;
	readonly before?: number | undefined;
	readonly text?: string | undefined;
	readonly limit: number;
}

/** Each rejects with a SemanticaError: SYSTEM where the queue cannot be reached, else what the server refuses. */
export interface SharedQueue {
	/** Begins a new life of this machine. */
	hello(joining: Joining): Promise<Hello>;
	/** Heartbeat, renewal of everything held, and what was ordered meanwhile. */
	sync(epoch: number, load: unknown, needsAfter: number): Promise<Sync>;
	claim(epoch: number, needs: readonly number[], n: number, needsAfter: number): Promise<Claimed>;
	/** Whether the first instruction may be run. */
	begin(epoch: number, tenure: Tenure): Promise<boolean>;
	finish(report: Report): Promise<Taken>;
	/** The same for several, in one commit. */
	finishMany(reports: readonly Report[]): Promise<Taken[]>;
	giveBack(tenure: Tenure): Promise<boolean>;
	enqueue(jobs: readonly NewShared[]): Promise<Delivered[]>;
	putChunk(id: string, n: number, data: string): Promise<void>;
	/** All pieces are there; resolves with the state it has then. */
	arrived(id: string): Promise<number | null>;
	getChunk(tenure: Tenure, n: number): Promise<string | null>;
	cancel(id: string, order: string, signature: string): Promise<Cancelled>;
	/** What somebody has stands still, or goes on: kept before it is answered. */
	orderPause(id: string, wanted: boolean, sealed: SealedOrder): Promise<PauseOrdered>;
	/** Whether what is held stands still; why not, where it was told to. */
	tellPaused(tenure: Tenure, paused: boolean, refusal: string | null): Promise<void>;
	/** Takes back what waits; false where somebody has it, or it has ended otherwise. */
	withdraw(id: string): Promise<boolean>;
	/** What waits, until then or for no time any more; false where somebody has it or it has ended. */
	delay(id: string, runAt: number | null): Promise<boolean>;
	changes(since: number, mine: boolean): Promise<Changes>;
	get(id: string): Promise<SharedJob | null>;
	list(query: ListQuery): Promise<SharedJob[]>;
	nodes(): Promise<Nodes>;
	wish(id: string): Promise<void>;
	putLog(tenure: Tenure, at: number, data: string): Promise<boolean>;
	readLog(id: string, from: number): Promise<LogPiece>;
	leave(): Promise<void>;
	close(): Promise<void>;
}
