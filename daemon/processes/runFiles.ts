/** The files that a run finds: its payload, and what the run before it has left. They go with it. */
import type { InputFile, PayloadSource } from '../queue/ports/payloadStore.ts';
import type { JobRow } from '../queue/store/rows.ts';
import type { CheckpointFiles } from './checkpointFiles.ts';

export interface RunFiles {
	/** @throws SemanticaError as `PayloadSource.layOut`; what was laid by then is for `remove`. */
	lay(): Promise<void>;
	/** Its stdin, absolute; null: nothing. */
	readonly input: string | null;
	/** Absolute; empty: there is none. */
	readonly checkpoint: string;
	/** Where one cannot be removed, the next start of the daemon does it. */
	remove(): Promise<void>;
}

/** @param left JSON text of what the run before it has left. */
export function createRunFiles(
	row: Pick<JobRow, 'id' | 'run'>,
	payload: PayloadSource | null,
	left: string | undefined,
	checkpoints: CheckpointFiles,
): RunFiles {
	let input: InputFile | undefined;
	let checkpoint = '';
	return {
		async lay() {
			input = await payload?.layOut();
			if (left !== undefined) checkpoint = await checkpoints.lay(row.id, row.run, left);
		},
		get input() {
			return input?.path ?? null;
		},
		get checkpoint() {
			return checkpoint;
		},
		async remove() {
			await input?.remove().catch(() => {});
			if (checkpoint !== '') await checkpoints.remove(checkpoint).catch(() => {});
		},
	};
}
