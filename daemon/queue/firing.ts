/** What schedules ask of the queue: jobs of their own, begun in the transaction in which a due time is done with. */

import type { AfterInput } from '../../shared/jobFields.ts';
import type { JobState } from '../../shared/jobTerms.ts';
import type { ScheduledAfter } from '../../shared/protocol/schedules.ts';
import type { Sqlite } from '../sqlite/open.ts';
import type { QueueParts } from './parts.ts';
import type { PayloadStore } from './ports/payloadStore.ts';
import type { Enqueued, PreparedJob } from './rules/enqueue.ts';
import { STAGE, STATE, stateName } from './store/codes.ts';
import type { Tx } from './store/tx.ts';
import type { Writer } from './store/writer.ts';
import type { Feed } from './views/feed.ts';

export interface ScheduledBy {
	readonly name: string;
	/** Epoch ms. */
	readonly dueAt: number;
	/** What its job waits for; where there is no such job it holds. */
	readonly after: readonly ScheduledAfter[];
}

export interface Firing {
	readonly db: Sqlite;
	readonly submit: Writer['submit'];
	readonly feed: Feed;
	readonly payloads: PayloadStore;
	/** @throws SemanticaError before it changes anything */
	begin(tx: Tx, job: PreparedJob, by: ScheduledBy): Enqueued;
	/** Jobs of the schedule that have not ended: retries and what was begun by hand too. */
	unfinished(name: string): { readonly queued: number; readonly running: number };
	/** Asks for the end of all of them but one. */
	cancelOthers(tx: Tx, name: string, but: string): void;
	/** Undefined when the job is not kept any more. */
	stateOf(id: string): { readonly state: JobState; readonly finishedAt: number | null } | undefined;
}

export function createFiring(parts: QueueParts): Firing {
	const { db, writer, table, feed, payloads } = parts;
	const setDue = db.prepare<[number, string]>('UPDATE jobs SET due_at = ? WHERE id = ?');
	// SQLite would rather read all that the schedule ever began.
	const unfinished = db.prepare<[string], { queued: number; n: number }>(
		`SELECT count(*) AS n, coalesce(sum(state = ${STATE.queued}), 0) AS queued FROM jobs INDEXED BY jobs_of_schedule
		 WHERE origin = ? AND due_at IS NOT NULL AND stage <> ${STAGE.ended}`,
	);
	const others = db.prepare<[string], { id: string }>(
		`SELECT id FROM jobs INDEXED BY jobs_of_schedule
		 WHERE origin = +? AND due_at IS NOT NULL AND stage <> ${STAGE.ended} ORDER BY generation`,
	);
	const newestOfSchedule = db
		.prepare<[string], string>(
			'SELECT id FROM jobs WHERE origin = +? AND due_at IS NOT NULL ORDER BY generation DESC LIMIT 1',
		)
		.pluck();
	const newestOfSubject = db
		.prepare<[string, string], string>(
			`SELECT id FROM jobs WHERE type = +? AND subject = +? AND subject IS NOT NULL
			 ORDER BY generation DESC LIMIT 1`,
		)
		.pluck();

	function newest(one: ScheduledAfter): AfterInput[] {
		const id =
			'schedule' in one
				? newestOfSchedule.get(originOf(one.schedule))
				: newestOfSubject.get(one.type, one.subject);
		return id === undefined ? [] : [{ id, on: one.on }];
	}

	return {
		db,
		submit: writer.submit.bind(writer),
		feed,
		payloads,
		begin(tx, { spec, ...job }, { name, dueAt, after }) {
			const waiting = after.length === 0 ? spec : { ...spec, after: after.flatMap(newest) };
			const [begun] = parts.enqueue(tx, [{ ...job, spec: waiting }], { origin: originOf(name) });
			if (begun === undefined) throw new Error(`Schedule ${name} began no job.`);
			if (!begun.existing) setDue.run(dueAt, begun.id);
			return begun;
		},
		unfinished(name) {
			const { n, queued } = unfinished.get(originOf(name)) ?? { n: 0, queued: 0 };
			return { queued, running: n - queued };
		},
		cancelOthers(tx, name, but) {
			for (const { id } of others.all(originOf(name))) {
				if (id === but) continue;
				const row = parts.sweeps.settle(tx, table.need(id));
				if (row.stage !== STAGE.ended) parts.transitions.requestStop(tx, row, 'cancel');
			}
		},
		stateOf(id) {
			const row = table.byId(id);
			return row && { state: stateName(row.state), finishedAt: row.finished_at };
		},
	};
}

function originOf(name: string): string {
	return `schedule/${name}`;
}
