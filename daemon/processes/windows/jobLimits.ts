/**
 * Windows: caps of a Job Object. Over its memory the system refuses its processes more, and says so at a completion
 * port; over its processes it refuses one more; of CPU time there is a share of each moment. Offsets are those of
 * 64-bit Windows.
 */
import { availableParallelism } from 'node:os';
import type { Koffi } from '../../native/koffi.ts';
import type { Cap, Caps } from '../containment.ts';

/** What a HANDLE is to koffi. */
export type Handle = bigint | number;

export interface JobLimits {
	/** Kills all of it when its last handle closes, with these caps. Returns those that the system did not take. */
	set(job: Handle, caps: Caps): Cap[];
	/** From now on it is told where a process is refused memory; undefined where that cannot be. */
	watch(job: Handle): MemoryWatch | undefined;
	/** Most that its processes held together, bytes; undefined where it is not told. */
	peak(job: Handle): number | undefined;
}

export interface MemoryWatch {
	/** The process that was refused memory since it was last asked for. */
	refused(): number | undefined;
	close(): void;
}

const EXTENDED = {
	kind: 9,
	bytes: 144,
	flagsAt: 16,
	processesAt: 40,
	memoryAt: 120,
	peakAt: 136,
} as const;
const MAX_PROCESSES = 0x0008;
const JOB_MEMORY = 0x0200;
const KILL_ON_JOB_CLOSE = 0x2000;
/** Of 10,000 in each moment, over all processors. */
const CPU_RATE = { kind: 15, bytes: 8, rateAt: 4, hardCap: 0x1 | 0x4, whole: 10_000 } as const;
const PORT = { kind: 7, bytes: 16, portAt: 8 } as const;
const NO_FILE = -1;
const MEMORY_REFUSED = 10;
/** Each process that begins or ends is told there too. */
const READ_AT_ONCE = 10_000;

export function bindJobLimits(koffi: Koffi): JobLimits {
	const library = koffi.load('kernel32.dll');
	const bind = (name: string, result: string, ...parameters: string[]) =>
		library.func('__stdcall', name, result, parameters);
	const information = ['intptr_t', 'int', 'void *', 'uint32_t'];
	const set = bind('SetInformationJobObject', 'bool', ...information);
	const query = bind('QueryInformationJobObject', 'bool', ...information, 'void *');
	const createPort = bind(
		'CreateIoCompletionPort',
		'intptr_t',
		'intptr_t',
		'intptr_t',
		'uintptr_t',
		'uint32_t',
	);
	const nextMessage = bind(
		'GetQueuedCompletionStatus',
		'bool',
		'intptr_t',
		'void *',
		'void *',
		'void *',
		'uint32_t',
	);
	const closeHandle = bind('CloseHandle', 'bool', 'intptr_t');

	function setExtended(job: Handle, { memory, processes }: Caps): boolean {
		const limits = Buffer.alloc(EXTENDED.bytes);
		const flags =
			KILL_ON_JOB_CLOSE |
			(memory === undefined ? 0 : JOB_MEMORY) |
			(processes === undefined ? 0 : MAX_PROCESSES);
		limits.writeUInt32LE(flags, EXTENDED.flagsAt);
		limits.writeUInt32LE(processes ?? 0, EXTENDED.processesAt);
		limits.writeBigUInt64LE(BigInt(memory ?? 0), EXTENDED.memoryAt);
		return set(job, EXTENDED.kind, limits, limits.length) === true;
	}

	function setCpus(job: Handle, cpus: number): boolean {
		const share = Math.round((cpus / availableParallelism()) * CPU_RATE.whole);
		// More than there are is no cap.
		if (share >= CPU_RATE.whole) return true;
		const rate = Buffer.alloc(CPU_RATE.bytes);
		rate.writeUInt32LE(CPU_RATE.hardCap, 0);
		rate.writeUInt32LE(Math.max(1, share), CPU_RATE.rateAt);
		return set(job, CPU_RATE.kind, rate, rate.length) === true;
	}

	return {
		set(job, caps) {
			const { cpus, ...others } = caps;
			const refused: Cap[] = [];
			if (!setExtended(job, others)) {
				if (!setExtended(job, {})) throw new Error('A Job Object could not be set up.');
				if (others.memory !== undefined) refused.push('memory');
				if (others.processes !== undefined) refused.push('processes');
			}
			if (cpus !== undefined && !setCpus(job, cpus)) refused.push('cpus');
			return refused;
		},
		watch(job) {
			const port = createPort(NO_FILE, 0, 0, 1) as Handle;
			if (Number(port) === 0) return undefined;
			const association = Buffer.alloc(PORT.bytes);
			association.writeBigInt64LE(BigInt(port), PORT.portAt);
			if (set(job, PORT.kind, association, association.length) !== true) {
				closeHandle(port);
				return undefined;
			}
			const [message, key, about] = [Buffer.alloc(4), Buffer.alloc(8), Buffer.alloc(8)];
			return {
				refused() {
					let pid: number | undefined;
					for (let n = 0; n < READ_AT_ONCE; n++) {
						if (nextMessage(port, message, key, about, 0) !== true) break;
						if (message.readUInt32LE() === MEMORY_REFUSED) pid = Number(about.readBigUInt64LE());
					}
					return pid;
				},
				close: () => void closeHandle(port),
			};
		},
		peak(job) {
			const facts = Buffer.alloc(EXTENDED.bytes);
			if (query(job, EXTENDED.kind, facts, facts.length, null) !== true) return undefined;
			return Number(facts.readBigUInt64LE(EXTENDED.peakAt)) || undefined;
		},
	};
}
