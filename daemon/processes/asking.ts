/** What one run asks of its person, from the line that it prints to the file in which it finds the answer. */
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../shared/errors.ts';
import { type Asked, askedSchema } from '../../shared/question.ts';
import type { AnswerFiles } from './answers.ts';

export interface Asking {
	/** JSON text of what it asks, without its secrets. */
	ask(json: string): void;
	answer(question: string, json: string, by: string): void;
	/** The run is over. Never rejects. */
	end(): Promise<void>;
}

export interface AskingOptions {
	readonly id: string;
	readonly run: number;
	readonly files: AnswerFiles;
	readonly told: (asked: Asked) => void;
	/** A sentence for the job's log. */
	readonly note: (sentence: string) => void;
}

const RETRY_MS = 1000;

export function createAsking({ id, run, files, told, note }: AskingOptions): Asking {
	const answered = new Set<string>();
	let over = false;
	/** One after the other, in the order in which they were printed and answered. */
	let last: Promise<void> | undefined;

	function then(step: () => Promise<void>): void {
		last = (last ?? Promise.resolve()).then(step);
	}

	// A full disk keeps the answer from its run for a while, and no longer.
	async function deliver(question: string, json: string): Promise<void> {
		for (let tries = 0; !over; tries++) {
			try {
				await files.write(id, run, question, json);
				return;
			} catch (error) {
				const sentence = `the answer to "${question}" cannot be written yet: ${errorMessage(error)}`;
				if (tries === 0) note(sentence);
				await delay(RETRY_MS, undefined, { ref: false });
			}
		}
	}

	return {
		ask(json) {
			const { success, data } = askedSchema.safeParse(JSON.parse(json));
			if (!success) {
				note('a question whose words are secret was not asked');
				return;
			}
			then(async () => {
				if (answered.has(data.id)) {
					note(`"${data.id}" has been answered in this run: another question needs another id`);
					return;
				}
				try {
					await files.prepare(id, run);
					told(data);
				} catch (error) {
					note(`"${data.id}" could not be asked: ${errorMessage(error)}`);
				}
			});
		},
		answer(question, json, by) {
			answered.add(question);
			then(async () => {
				await deliver(question, json);
				if (!over) note(`"${question}" was answered by ${by}`);
			});
		},
		async end() {
			over = true;
			if (last === undefined) return;
			await last;
			// Where it cannot be removed, the next start does it.
			await files.remove(id, run).catch(() => {});
		},
	};
}
