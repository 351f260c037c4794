/** What the end of a run is told as. */
import type { Cost } from '../../shared/cost.ts';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { RunOutcome } from '../queue/ports/runs.ts';
import { SpawnError } from './containment.ts';
import type { RunningProcess } from './runner.ts';

/** So many of the processes that a job left behind are named in its log. */
const NAMED = 5;

/** Sentences about what outlived the job's own process: a green end that killed a daemon of a build tool puzzles people. */
export function leftBehind(ended: Pick<RunningProcess, 'left' | 'spared'>): string[] {
	const [left, spared] = [ended.left(), ended.spared()];
	return [
		...(left.length > 0 ? [`ended ${processes(left)} it left behind: ${named(left)}`] : []),
		...(spared.length > 0
			? [`leaves ${processes(spared)}: ${named(spared)}; cancelling the job ends that`]
			: []),
	];
}

const processes = ({ length }: readonly string[]): string =>
	length === 1 ? 'a process' : `${length} processes`;

const named = (names: readonly string[]): string =>
	`${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ', …' : ''}`;

export function isSuccess(outcome: RunOutcome): boolean {
	return outcome.kind === 'exit' && outcome.exitCode === 0 && outcome.again === undefined;
}

/** What was seen of a limited run, where nothing else tells its peak. */
export function withPeak(cost: Cost | undefined, peak: number): Cost | undefined {
	if (peak === 0 || (cost !== undefined && cost.peakMemoryBytes !== null)) return cost;
	const rest = cost ?? { cpuMs: null, readBytes: null, writtenBytes: null };
	return { ...rest, peakMemoryBytes: peak };
}

export function failureOf(error: unknown): RunOutcome & { kind: 'spawn' | 'payload' } {
	if (error instanceof SemanticaError && error.kind === 'PAYLOAD_LOST') {
		return { kind: 'payload', message: error.message };
	}
	if (error instanceof SemanticaError) {
		return { kind: 'spawn', code: error.kind, message: error.message };
	}
	if (error instanceof SpawnError) {
		return { kind: 'spawn', code: error.code, message: error.message };
	}
	return { kind: 'spawn', code: 'SPAWN', message: errorMessage(error) };
}
