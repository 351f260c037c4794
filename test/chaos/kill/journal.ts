/** What a client writes down, one JSON object a line: every request before it is sent, every answer. */
import { Tail } from '../../support/tail.ts';
import type { Kind } from './evidence.ts';

export interface SentJob {
	/** Unique among all jobs of all clients. */
	readonly title: string;
	readonly kind: Kind;
	readonly key: string | null;
}

export interface AcknowledgedJob {
	readonly id: string;
	readonly generation: number;
	readonly existing: boolean;
}

export type JournalLine =
	| { readonly sent: number; readonly connection: number; readonly jobs: readonly SentJob[] }
	| {
			readonly acknowledged: number;
			readonly connection: number;
			readonly jobs: readonly AcknowledgedJob[];
	  }
	| { readonly refused: number; readonly why: string };

export class JournalReader {
	readonly #tail: Tail;

	constructor(folder: string, client: number) {
		this.#tail = new Tail(`${folder}/client-${client}.jsonl`);
	}

	lines(): JournalLine[] {
		return this.#tail.lines().map((line) => JSON.parse(line) as JournalLine);
	}
}
