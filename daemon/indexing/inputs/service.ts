/** Looking whether anything changed that a run depends on, on a thread of its own. */
import { createThread } from '../../threads/asking.ts';
import type { InputAnswer, InputRequest } from './hash.ts';

const IDLE_MS = 30_000;
/** 200,000 names with what is known of each. */
const HEAP_MB = 512;

export type HashInputs = (request: InputRequest, signal: AbortSignal) => Promise<InputAnswer>;

export interface InputHashing {
	readonly hash: HashInputs;
	close(): Promise<void>;
}

export interface InputHashingData {
	/** Files that this process holds: they are looked at without being opened. */
	readonly locked: readonly string[];
}

/** @param entry dist/inputs.js */
export function createInputHashing(entry: string, data: InputHashingData): InputHashing {
	const thread = createThread<{
		readonly hash: { params: InputRequest; result: InputAnswer };
	}>({
		entry,
		workerData: data,
		heapMb: HEAP_MB,
		idleMs: IDLE_MS,
		name: 'The look at what a job depends on',
	});
	return {
		hash: (request, signal) => thread.ask('hash', request, signal),
		close: () => thread.close(),
	};
}
