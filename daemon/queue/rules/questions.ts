/** What a run asks of a person (docs/design.md section 3): one question at a time, and the first answer wins. */
import { misfitOfAnswer } from '../../../shared/answer.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import type { Asked, Question } from '../../../shared/question.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import { type JobRow, parseJson } from '../store/rows.ts';
import type { Tx } from '../store/tx.ts';

export interface Answer {
	/** The id of the question. */
	readonly question: string;
	readonly value: Readonly<Record<string, unknown>>;
	/** Who answers. */
	readonly by: string;
}

export interface Questions {
	/** A new one takes the place of one that is open; of a run that is being stopped nobody is asked. */
	ask(tx: Tx, row: JobRow, asked: Asked): void;
	/** Nobody has answered for a while: others may have its slot while its process waits. */
	leaveSlot(tx: Tx, row: JobRow): void;
	/** The run goes on with it at once, unless it is refused: CONFLICT or VALIDATION, by path. */
	answer(tx: Tx, row: JobRow, answer: Answer): SemanticaError | undefined;
}

export function createQuestions(db: Sqlite): Questions {
	const set = db.prepare<[string, number]>('UPDATE jobs SET question = ? WHERE generation = ?');
	const leave = db.prepare<[number]>('UPDATE jobs SET phase = 2 WHERE generation = ?');
	const goOn = db.prepare<[number]>(
		'UPDATE jobs SET question = NULL, phase = 0 WHERE generation = ?',
	);

	return {
		ask(tx, row, asked) {
			const goesOn = row.stage === STAGE.active && row.phase !== 1 && row.stop_cause === null;
			if (!goesOn) return;
			set.run(JSON.stringify({ ...asked, askedAt: tx.now } satisfies Question), row.generation);
			tx.changed(row.id);
		},
		leaveSlot(tx, row) {
			const waits = row.state === STATE.running && row.phase === 0 && row.question !== null;
			if (!waits) return;
			leave.run(row.generation);
			tx.order({ kind: 'leaveSlot', id: row.id, run: row.run });
			tx.placeFreed(row.group_name);
			tx.changed(row.id);
			tx.wake();
		},
		answer(tx, row, { question, value, by }) {
			const open = parseJson<Question>(row.question);
			if (row.stage === STAGE.ended) {
				return new SemanticaError(
					'CONFLICT',
					`The job is ${stateName(row.state)}: its question has gone with it.`,
				);
			}
			if (open === null) {
				return new SemanticaError(
					'CONFLICT',
					'The job waits for no answer: it asks nothing, or somebody has answered.',
				);
			}
			if (open.id !== question) {
				return new SemanticaError(
					'CONFLICT',
					`The job does not ask "${question}" any more, it asks "${open.id}": look at it again.`,
					{ path: 'question' },
				);
			}
			const misfit = misfitOfAnswer(open.schema, value);
			if (misfit !== undefined) {
				return new SemanticaError('VALIDATION', misfit.message, { path: misfit.path });
			}
			goOn.run(row.generation);
			const json = JSON.stringify(value);
			tx.order({ kind: 'answer', id: row.id, run: row.run, question, json, by });
			tx.changed(row.id);
			tx.wake();
			return undefined;
		},
	};
}
