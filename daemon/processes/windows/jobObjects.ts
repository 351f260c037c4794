/**
 * Windows: Job Objects, which hold every descendant of a process and kill them as one when their last handle
 * closes, as it does when the daemon ends, however it ends (docs/processes.md section 4).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Koffi, loadKoffi } from '../../native/koffi.ts';
import type { Cap, Caps, MemoryDeath } from '../containment.ts';
import { bindJobLimits, type Handle } from './jobLimits.ts';

export interface JobObjects {
	/** Takes this process, and with it every process that it starts from now on. */
	holdOurselves(): void;
	/** CPU time of this process and all that it ever started, ended ones too, ms; undefined where it is not told. */
	ownCpuMs(): number | undefined;
	/** Caps that this system takes. */
	readonly kept: ReadonlySet<Cap>;
	/** A job of its own inside ours, with these caps; undefined when the process is gone already. */
	hold(pid: number, caps: Caps): JobObject | undefined;
	/** When the process began, in units of 100 ns; undefined when it is gone. */
	startTime(pid: number): string | undefined;
}

export interface JobObject {
	terminate(): void;
	/** CPU time of all that it held so far, ms, and the most memory, bytes; null where it is not told. */
	cost(): { readonly cpuMs: number | null; readonly peakMemoryBytes: number | null };
	/** One of its processes was refused memory because of the cap. */
	overMemory(): MemoryDeath | undefined;
	/** Terminates what is left and resolves when nothing is, or after five seconds. */
	close(): Promise<void>;
}

/** Times are in units of 100 ns. */
const ACCOUNTING = { kind: 1, bytes: 48, userAt: 0, kernelAt: 8, activeAt: 40 } as const;
const TICKS_PER_MS = 10_000;
/** PROCESS_TERMINATE, PROCESS_SET_QUOTA and PROCESS_QUERY_LIMITED_INFORMATION. */
const ACCESS = 0x0001 | 0x0100 | 0x1000;
/** The exit code of what is terminated: that of a program that Ctrl-C ended. */
const TERMINATED = 0xc000013a;
const CLOSE_LIMIT_MS = 5000;
/** To learn which caps are taken at all. */
const ANY_CAPS: Caps = { memory: 2 ** 40, cpus: 0.5, processes: 10_000 };

/**
 * @param binary koffi's native module for this platform
 * @returns a sentence that says why not, where Job Objects cannot be had
 */
export function loadJobObjects(binary: string): JobObjects | string {
	const koffi = loadKoffi(binary);
	return typeof koffi === 'string' ? koffi : jobObjects(koffi);
}

function jobObjects(koffi: Koffi): JobObjects {
	const library = koffi.load('kernel32.dll');
	const bind = (name: string, result: string, ...parameters: string[]) =>
		library.func('__stdcall', name, result, parameters);
	const createJobObject = bind('CreateJobObjectW', 'intptr_t', 'void *', 'str16');
	const queryInformation = bind(
		'QueryInformationJobObject',
		'bool',
		'intptr_t',
		'int',
		'void *',
		'uint32_t',
		'void *',
	);
	const assign = bind('AssignProcessToJobObject', 'bool', 'intptr_t', 'intptr_t');
	const terminateJob = bind('TerminateJobObject', 'bool', 'intptr_t', 'uint32_t');
	const openProcess = bind('OpenProcess', 'intptr_t', 'uint32_t', 'bool', 'uint32_t');
	const currentProcess = bind('GetCurrentProcess', 'intptr_t');
	const processTimes = bind(
		'GetProcessTimes',
		'bool',
		'intptr_t',
		'void *',
		'void *',
		'void *',
		'void *',
	);
	const closeHandle = bind('CloseHandle', 'bool', 'intptr_t');

	const limits = bindJobLimits(koffi);

	function create(caps: Caps = {}): { readonly job: Handle; readonly refused: readonly Cap[] } {
		const job = createJobObject(null, null) as Handle;
		try {
			return { job, refused: limits.set(job, caps) };
		} catch (error) {
			closeHandle(job);
			throw error;
		}
	}

	function capsTaken(): ReadonlySet<Cap> {
		const { job, refused } = create(ANY_CAPS);
		closeHandle(job);
		const all = Object.keys(ANY_CAPS) as Cap[];
		return new Set(all.filter((cap) => !refused.includes(cap)));
	}

	function cpuMs(job: Handle): number | undefined {
		const facts = accounts(job);
		if (facts === undefined) return undefined;
		const ticks =
			facts.readBigUInt64LE(ACCOUNTING.userAt) + facts.readBigUInt64LE(ACCOUNTING.kernelAt);
		// Who has run has used some: none at all means that nobody counts.
		return ticks === 0n ? undefined : Number(ticks) / TICKS_PER_MS;
	}

	function withProcess<T>(pid: number, use: (process: Handle) => T): T | undefined {
		const process = openProcess(ACCESS, false, pid) as Handle;
		if (Number(process) === 0) return undefined;
		try {
			return use(process);
		} finally {
			closeHandle(process);
		}
	}

	function accounts(job: Handle): Buffer | undefined {
		const facts = Buffer.alloc(ACCOUNTING.bytes);
		const told = queryInformation(job, ACCOUNTING.kind, facts, facts.length, null);
		return told === true ? facts : undefined;
	}

	const active = (job: Handle): number => accounts(job)?.readUInt32LE(ACCOUNTING.activeAt) ?? 0;

	let ours: Handle | undefined;

	return {
		holdOurselves() {
			// Its handle stays open until the process ends: that is the point.
			ours = create().job;
			if (assign(ours, currentProcess()) !== true) {
				throw new Error('The daemon could not be put into a Job Object.');
			}
		},
		ownCpuMs() {
			return ours === undefined ? undefined : cpuMs(ours);
		},
		kept: capsTaken(),
		hold(pid, caps) {
			const { job } = create(caps);
			const watch = caps.memory === undefined ? undefined : limits.watch(job);
			let died: MemoryDeath | undefined;
			if (withProcess(pid, (process) => assign(job, process)) !== true) {
				watch?.close();
				closeHandle(job);
				return undefined;
			}
			return {
				terminate: () => void terminateJob(job, TERMINATED),
				cost: () => ({
					cpuMs: Math.round(cpuMs(job) ?? 0) || null,
					peakMemoryBytes: limits.peak(job) ?? null,
				}),
				overMemory() {
					const pid = died === undefined ? watch?.refused() : undefined;
					if (pid === undefined) return died;
					const peakBytes = limits.peak(job) ?? caps.memory ?? 0;
					died = { peakBytes, killed: undefined, refused: pid };
					return died;
				},
				async close() {
					const end = Date.now() + CLOSE_LIMIT_MS;
					for (let wait = 1; active(job) > 0 && Date.now() < end; wait = Math.min(wait * 2, 50)) {
						terminateJob(job, TERMINATED);
						await delay(wait);
					}
					watch?.close();
					closeHandle(job);
				},
			};
		},
		startTime: (pid) =>
			withProcess(pid, (process) => {
				const times = Array.from({ length: 4 }, () => Buffer.alloc(8));
				return processTimes(process, ...times) === true
					? times[0]?.readBigUInt64LE().toString()
					: undefined;
			}),
	};
}
