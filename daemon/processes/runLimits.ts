/** The caps of one run: what is said of them before it begins, and what becomes of it where it takes more memory. */
import type { Limits } from '../../shared/jobFields.ts';
import {
	type Cap,
	type Caps,
	type MemoryDeath,
	type MemoryUse,
	SpawnError,
} from './containment.ts';
import { limitMemory, type MemoryLimit } from './memoryLimit.ts';
import type { RunningProcess } from './runner.ts';

const MB = 1024 * 1024;
/** A look costs what the run has pages; whether the kernel has ended it is one small file. */
const LOOK_EVERY_MS = 1000;
const ASK_EVERY_MS = 250;

/** How a cap is kept here: by the kernel, by looks at what is held, or not at all. */
export type Enforced = Readonly<Record<Cap, 'kernel' | 'looks' | undefined>>;

export interface RunLimitsOptions {
	readonly limits: Limits | null;
	readonly enforced: Enforced;
	/** A sentence for the job's log. */
	readonly note: (sentence: string) => void;
	/** Its stop for that is kept, or cannot be. */
	readonly overMemory: () => Promise<void>;
}

export interface RunLimits {
	/** @throws SpawnError LIMITS, where one cannot be kept and the job is not to run without */
	assert(): void;
	/** For the containment that begins it. */
	readonly caps: Caps;
	begin(running: RunningProcess): void;
	/** The run has ended. Resolves when it is known, and kept, whether its limit ended it. */
	end(running: RunningProcess | undefined): Promise<void>;
	/** Most that was seen, bytes. */
	readonly peak: number;
	/** A sentence: what it held that was too much. */
	readonly tooMuch: string | undefined;
}

export function createRunLimits(options: RunLimitsOptions): RunLimits {
	const { limits, enforced, note } = options;
	const memoryMB = limits?.memoryMB;
	let watch: MemoryLimit | undefined;
	let tooMuch: string | undefined;

	async function over(sentence: string): Promise<void> {
		tooMuch = sentence;
		note(`stopped: ${sentence}`);
		await options.overMemory();
	}

	return {
		caps: {
			...(memoryMB === undefined ? {} : { memory: memoryMB * MB }),
			...(limits?.cpus === undefined ? {} : { cpus: limits.cpus }),
			...(limits?.processes === undefined ? {} : { processes: limits.processes }),
		},
		assert() {
			const open = unenforced(limits, enforced);
			if (open === undefined) return;
			const sentence = `The limit of ${open} cannot be enforced on this machine`;
			if (limits?.onUnenforceable === 'refuse') {
				throw new SpawnError('LIMITS', `${sentence}, and the job is not to run without it.`);
			}
			note(`${sentence}; the job runs without.`);
		},
		begin(running) {
			if (memoryMB === undefined || enforced.memory === undefined) return;
			const byKernel = enforced.memory === 'kernel';
			watch = limitMemory({
				look: async () =>
					byKernel ? seenByKernel(running, memoryMB) : seenByLook(await running.memory(), memoryMB),
				everyMs: byKernel ? ASK_EVERY_MS : LOOK_EVERY_MS,
				// It must not grow on for as long as it may say goodbye.
				over: (sentence) => void over(sentence).finally(() => running.stop(0)),
				after(ms, callback) {
					const timer = setTimeout(callback, ms);
					return () => clearTimeout(timer);
				},
			});
		},
		async end(running) {
			watch?.end();
			if (memoryMB === undefined || running === undefined || tooMuch !== undefined) return;
			const found = seenByKernel(running, memoryMB)?.tooMuch;
			if (found !== undefined) await over(found);
		},
		get peak() {
			return watch?.peak ?? 0;
		},
		get tooMuch() {
			return tooMuch;
		},
	};
}

function unenforced(limits: Limits | null, enforced: Enforced): string | undefined {
	const { memoryMB, cpus, processes } = limits ?? {};
	const named = [
		memoryMB === undefined || enforced.memory ? '' : `${memoryMB} MB of memory`,
		cpus === undefined || enforced.cpus ? '' : `${cpus} CPUs`,
		processes === undefined || enforced.processes ? '' : `${processes} processes`,
	].filter((text) => text !== '');
	return named.length === 0 ? undefined : named.join(', and of ');
}

function seenByKernel(running: RunningProcess, memoryMB: number) {
	const death = running.overMemory();
	return death && { bytes: death.peakBytes, tooMuch: killedSentence(memoryMB, death) };
}

function seenByLook(use: MemoryUse | undefined, memoryMB: number) {
	if (use === undefined) return undefined;
	const isTooMuch = use.bytes > memoryMB * MB;
	return { bytes: use.bytes, tooMuch: isTooMuch ? heldSentence(memoryMB, use) : undefined };
}

const inMB = (bytes: number) => `${Math.round(bytes / MB)} MB`;

function killedSentence(limitMB: number, { peakBytes, killed, refused }: MemoryDeath): string {
	if (refused !== undefined) {
		return `Its processes may hold ${limitMB} MB of memory and came to ${inMB(peakBytes)}, so the system gave the one with pid ${refused} no more.`;
	}
	const who = killed === undefined ? 'one of them' : `${killed.name} (pid ${killed.pid})`;
	return `Its processes may hold ${limitMB} MB of memory and came to ${inMB(peakBytes)}, so the system killed ${who}.`;
}

function heldSentence(limitMB: number, { bytes, largest }: MemoryUse): string {
	const who = largest.name === '' ? 'a process that has ended' : largest.name;
	return `Its processes held ${inMB(bytes)} of memory and may hold ${limitMB} MB; most of it was held by ${who} (pid ${largest.pid}, ${inMB(largest.bytes)}).`;
}
