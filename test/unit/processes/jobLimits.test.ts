import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { bindJobLimits } from '../../../daemon/processes/windows/jobLimits.ts';

/** A kernel32 that remembers what it is given, takes these kinds of information, and has these messages at its port. */
function kernel(
	taken: readonly number[],
	messages: readonly { what: number; about: number }[] = [],
) {
	const given: { kind: number; bytes: Buffer }[] = [];
	const closed: unknown[] = [];
	const waiting = [...messages];
	const calls: Record<string, (...values: never[]) => unknown> = {
		SetInformationJobObject: (_job: number, kind: number, bytes: Buffer) => {
			given.push({ kind, bytes: Buffer.from(bytes) });
			return taken.includes(kind);
		},
		QueryInformationJobObject: (_job: number, _kind: number, bytes: Buffer) => {
			bytes.writeBigUInt64LE(123_456n, 136);
			return true;
		},
		CreateIoCompletionPort: () => 77,
		GetQueuedCompletionStatus: (_port: number, what: Buffer, _key: Buffer, about: Buffer) => {
			const next = waiting.shift();
			if (next === undefined) return false;
			what.writeUInt32LE(next.what);
			about.writeBigUInt64LE(BigInt(next.about));
			return true;
		},
		CloseHandle: (handle: number) => closed.push(handle),
	};
	const library = {
		func: (_: string, name: string) => calls[name] as (...values: unknown[]) => unknown,
	};
	return { limits: bindJobLimits({ load: () => library }), given, closed };
}

test('caps stand where 64-bit Windows looks for them', () => {
	const { limits, given } = kernel([9, 15]);
	expect(
		limits.set(1, { memory: 2 ** 33, processes: 40, cpus: availableParallelism() / 4 }),
	).toEqual([]);
	const [extended, rate] = given;
	expect(extended?.kind).toBe(9);
	expect(extended?.bytes).toHaveLength(144);
	// JOB_OBJECT_LIMIT_ACTIVE_PROCESS, JOB_MEMORY and KILL_ON_JOB_CLOSE.
	expect(extended?.bytes.readUInt32LE(16)).toBe(0x2208);
	expect(extended?.bytes.readUInt32LE(40)).toBe(40);
	expect(extended?.bytes.readBigUInt64LE(120)).toBe(2n ** 33n);
	expect(rate?.kind).toBe(15);
	expect([rate?.bytes.readUInt32LE(0), rate?.bytes.readUInt32LE(4)]).toEqual([5, 2500]);
});

test('without caps a Job Object only dies with its last handle, and more CPUs than there are cap nothing', () => {
	const { limits, given } = kernel([9]);
	expect(limits.set(1, { cpus: availableParallelism() })).toEqual([]);
	expect(given.map(({ bytes }) => bytes.readUInt32LE(16))).toEqual([0x2000]);
});

test('what the system does not take is told, and the rest is held all the same', () => {
	const { limits } = kernel([9]);
	expect(limits.set(1, { memory: 2 ** 30, cpus: 0.001 })).toEqual(['cpus']);
	expect(() => kernel([]).limits.set(1, {})).toThrow('could not be set up');
});

test('the port tells who was refused memory, and is closed once', () => {
	const messages = [
		{ what: 6, about: 10 },
		{ what: 10, about: 4242 },
		{ what: 7, about: 10 },
	];
	const { limits, given, closed } = kernel([7], messages);
	const watch = limits.watch(1);
	expect(given[0]?.bytes.readBigInt64LE(8)).toBe(77n);
	expect(watch?.refused()).toBe(4242);
	expect(watch?.refused()).toBeUndefined();
	watch?.close();
	expect(closed).toEqual([77]);
	expect(limits.peak(1)).toBe(123_456);
	const none = kernel([]);
	expect(none.limits.watch(1)).toBeUndefined();
	expect(none.closed).toEqual([77]);
});
