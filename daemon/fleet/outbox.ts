/** Work for others on its way: kept here first, delivered when the queue can be reached, followed until its end is known. */
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { storable } from '../../shared/jobValues.ts';
import type { Submission } from '../../shared/protocol/fleet.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import type { PayloadStore } from '../queue/ports/payloadStore.ts';
import { type Envelope, MAX_PAYLOAD, type Sealed, seal, tooLarge } from './envelope.ts';
import { sealOrder } from './orders.ts';
import {
	CHUNK_BYTES,
	isRefusal,
	type NewShared,
	ROW_PAYLOAD_BYTES,
	SHARED,
	type SharedJob,
	type SharedQueue,
} from './port.ts';
import type { AskedByTool, FleetTable, SentRow } from './table.ts';
import type { Identity } from './trust.ts';

export interface OutboxOptions {
	readonly table: FleetTable;
	readonly me: Identity;
	readonly now: () => number;
	readonly submit: <T>(work: () => T) => Promise<T>;
	readonly findFile: PayloadStore['findFile'];
	/** Whether what a tool asked for may leave still. @throws SemanticaError FORBIDDEN */
	readonly assertMaySend: (envelope: Envelope, workspace: string) => void;
	/** Once for each. */
	readonly ended: (ids: readonly string[]) => void;
	/** What is said of these has changed. */
	readonly changed: (ids: readonly string[]) => void;
}

type Enqueued = Result<'job/enqueue'>['jobs'][number];

const BATCH = 100;
/** Of those that run elsewhere the newest are looked at. */
const MOST_LOOKED_AT = 20;
/** Notes of ended jobs are kept so long, as the queue keeps them. */
const KEPT_MS = 14 * 24 * 3_600_000;

export type Outbox = ReturnType<typeof createOutbox>;

export function createOutbox(options: OutboxOptions) {
	const { table, me, now, submit, changed } = options;

	/** @param machineId the id of a machine by its name. Durable when it resolves. */
	async function accept(
		jobs: readonly Submission[],
		{
			fleet,
			from,
			machineId,
		}: { fleet: string; from: string; machineId: (name: string) => Promise<string> },
		by: readonly AskedByTool[] = [],
	): Promise<Enqueued[]> {
		const sealed: (Sealed & { payload: Buffer | null; by: AskedByTool | undefined })[] = [];
		for (const [n, submission] of jobs.entries()) {
			const path = `jobs[${n}]`;
			const target = submission.on === undefined ? undefined : await machineId(submission.on);
			const payload = await payloadOf(submission, path, options.findFile);
			const common = { submission, target, payload, fleet, from, now: now(), path };
			sealed.push({ ...seal(me, common), payload, by: by[n] });
		}
		const answers = await submit(() => sealed.map(keep));
		changed(answers.map(({ id }) => id));
		return answers;
	}

	/** Inside a group of the writer. */
	function keep({
		envelope,
		bytes,
		signature,
		payload,
		movedFrom = null,
		by,
	}: Sealed & {
		payload: Buffer | null;
		movedFrom?: string | null;
		by?: AskedByTool | undefined;
	}): Enqueued {
		const { id, spec } = envelope;
		const known = spec.key === undefined ? undefined : table.sent.byKey(spec.key);
		const common = { generation: 0, superseded: [] };
		if (known !== undefined) {
			return { ...common, id: known.id, state: 'queued', existing: true };
		}
		table.sent.add(
			{
				id,
				key: spec.key ?? null,
				envelope: bytes,
				signature: Buffer.from(signature, 'base64'),
				payload,
				title: titleOf(envelope),
			},
			now(),
			{ movedFrom, by },
		);
		return { ...common, id, state: 'queued', existing: false };
	}

	/** Everything that waits for it; rejects where the queue cannot be reached. */
	async function deliver(queue: SharedQueue): Promise<void> {
		for (;;) {
			const rows = table.sent.undelivered(BATCH);
			if (rows.length === 0) break;
			const leaving = await stillAllowed(rows);
			if (leaving.length > 0) await deliverBatch(queue, leaving);
		}
		for (const row of table.sent.cancelling()) {
			const { fleet } = envelopeOf(row);
			const { order, signature } = sealOrder(me, { fleet, id: row.id, order: 'cancel' });
			await queue.cancel(row.id, order, signature);
			await submit(() => table.sent.toldToCancel(row.id));
			changed([row.id]);
		}
	}

	/** A person may have changed their mind since a tool asked. */
	async function stillAllowed(rows: readonly SentRow[]): Promise<SentRow[]> {
		const refused = new Map<string, string>();
		for (const row of rows) {
			if (row.workspace === null) continue;
			try {
				options.assertMaySend(envelopeOf(row), row.workspace);
			} catch (error) {
				refused.set(row.id, errorMessage(error).replace(/\.$/, ''));
			}
		}
		if (refused.size === 0) return [...rows];
		await submit(() => {
			for (const [id, why] of refused) table.sent.refused(id, why, now());
		});
		options.ended([...refused.keys()]);
		changed([...refused.keys()]);
		return rows.filter(({ id }) => !refused.has(id));
	}

	async function deliverBatch(queue: SharedQueue, rows: readonly SentRow[]): Promise<void> {
		try {
			const answers = await queue.enqueue(rows.map(newShared));
			for (const row of rows) await sendPieces(queue, row);
			await submit(() => {
				for (const [n, { id }] of rows.entries()) {
					const answer = answers[n];
					if (answer?.id === id) table.sent.delivered(id);
					// A key that this machine does not remember, as after its data was lost: that job stands for it.
					else
						table.sent.refused(
							id,
							`its key belongs to the job ${answer?.id} of this machine`,
							now(),
						);
				}
			});
		} catch (error) {
			if (!isRefusal(error)) throw error;
			if (rows.length > 1) {
				for (const row of rows) await deliverBatch(queue, [row]);
				return;
			}
			// A queue that is there and refuses this one would refuse it again.
			if (error.kind === 'SYSTEM' || error.kind === 'FORBIDDEN') throw error;
			await submit(() => {
				for (const { id } of rows) table.sent.refused(id, error.message, now());
			});
			options.ended(rows.map(({ id }) => id));
		}
		changed(rows.map(({ id }) => id));
	}

	async function sendPieces(queue: SharedQueue, { id, payload }: SentRow): Promise<void> {
		const pieces = piecesOf(payload);
		for (const [n, piece] of pieces.entries())
			await queue.putChunk(id, n, piece.toString('base64'));
		if (pieces.length > 0) await queue.arrived(id);
	}

	/** What became of them since. */
	async function follow(queue: SharedQueue): Promise<void> {
		if (table.sent.openCount() === 0) return;
		for (;;) {
			const page = await queue.changes(table.number('mark') ?? 0, true);
			const known = page.jobs.filter(({ id }) => table.sent.get(id) !== undefined);
			const over = known
				.filter(({ id, state }) => state >= 10 && table.sent.get(id)?.ended_at === null)
				.map(({ id }) => id);
			const ended: [SharedJob, Buffer | null][] = [];
			for (const job of known) {
				const whole = job.state < 10 ? job : ((await queue.get(job.id)) ?? job);
				ended.push([whole, whole.tail ? Buffer.from(whole.tail, 'base64') : null]);
			}
			await submit(() => {
				for (const [job, tail] of ended) {
					const { envelope: _, tail: __, ...rest } = job;
					table.sent.said(job.id, JSON.stringify(rest), job.state < 10 ? null : now(), tail);
				}
				table.setNumber('mark', page.mark);
				table.sent.forgetOld(now() - KEPT_MS);
			});
			options.ended(over);
			changed(known.map(({ id }) => id));
			if (!page.more) break;
		}
	}

	/** How far what runs elsewhere has come: it changes no row that `follow` would hear of. */
	async function look(queue: SharedQueue): Promise<void> {
		for (const row of table.sent.open().slice(-MOST_LOOKED_AT)) {
			const before = sharedOf(row);
			if (before?.state !== SHARED.begun) continue;
			const job = await queue.get(row.id);
			if (job?.state !== SHARED.begun) continue;
			const { envelope: _, tail: __, ...rest } = job;
			if (JSON.stringify(rest.progress) === JSON.stringify(before.progress)) continue;
			await submit(() => table.sent.said(row.id, JSON.stringify(rest), null, null));
			changed([row.id]);
		}
	}

	return { accept, keep, deliver, follow, look };
}

export function envelopeOf(row: Pick<SentRow, 'envelope'>): Envelope {
	// Our own, from jobs.db: it was checked when it was sealed.
	return JSON.parse(row.envelope.toString()) as Envelope;
}

/** What the queue last said of it. */
export function sharedOf({ shared }: Pick<SentRow, 'shared'>): SharedJob | undefined {
	return shared === null ? undefined : (JSON.parse(shared) as SharedJob);
}

function newShared(row: SentRow): NewShared {
	const { need, spec, notAfter } = envelopeOf(row);
	const small = row.payload !== null && row.payload.length <= ROW_PAYLOAD_BYTES;
	return {
		id: row.id,
		need,
		priority: spec.priority ?? 0,
		restartable: spec.restartable ?? false,
		key: spec.key ?? null,
		subject: spec.subject ?? null,
		title: row.title,
		runAt: spec.runAt ?? null,
		expires: notAfter,
		envelope: row.envelope.toString('base64'),
		signature: row.signature.toString('base64'),
		payload: small ? (row.payload?.toString('base64') ?? null) : null,
		chunks: piecesOf(row.payload).length,
	};
}

function piecesOf(payload: Buffer | null): Buffer[] {
	if (payload === null || payload.length <= ROW_PAYLOAD_BYTES) return [];
	const pieces: Buffer[] = [];
	for (let at = 0; at < payload.length; at += CHUNK_BYTES) {
		pieces.push(payload.subarray(at, at + CHUNK_BYTES));
	}
	return pieces;
}

function titleOf({ spec, recipe }: Envelope): string {
	const { command } = spec;
	const line =
		recipe === undefined
			? [command?.command ?? '', ...(command?.args ?? [])].join(' ')
			: [recipe.name, ...Object.entries(recipe.values).map(([k, v]) => `${k}=${v}`)].join(' ');
	const title = (spec.title ?? line).replaceAll(/\s+/g, ' ');
	return storable([...title].slice(0, 180).join('').slice(0, 200)) || 'command';
}

/** @throws SemanticaError VALIDATION or TOO_LARGE */
async function payloadOf(
	{ spec }: Submission,
	path: string,
	findFile: PayloadStore['findFile'],
): Promise<Buffer | null> {
	if (spec.payload !== undefined) {
		const { payload } = spec;
		return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
	}
	if (spec.payloadFile === undefined) return null;
	const at = `${path}.spec.payloadFile`;
	const file = await inRequest(findFile(spec.payloadFile), at);
	if (file.bytes > MAX_PAYLOAD) throw tooLarge(at);
	const chunks: Buffer[] = [];
	const read = async () => {
		for await (const chunk of file.read()) chunks.push(Buffer.from(chunk));
	};
	await inRequest(read(), at);
	return Buffer.concat(chunks);
}

/** What was found of one file, by its place in the request. */
async function inRequest<T>(found: Promise<T>, path: string): Promise<T> {
	try {
		return await found;
	} catch (error) {
		if (!(error instanceof SemanticaError)) throw error;
		throw new SemanticaError(error.kind, error.message, { ...error.data, path });
	}
}
