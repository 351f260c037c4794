/** The jobs that are enqueued, and whether they all came back. */
import type { JobSpecInput } from '../../shared/job.ts';

/** A job of ordinary size: about 250 bytes on the wire. */
export function sampleJob(n: number, more: Partial<JobSpecInput> = {}): JobSpecInput {
	return {
		type: 'command',
		title: `bench ${n}`,
		command: { command: '/bin/true', args: ['--input', `file-${n}.txt`], cwd: '/' },
		tag: 'bench',
		...more,
	};
}

export function sampleJobs(from: number, count: number): JobSpecInput[] {
	return Array.from({ length: count }, (_, i) => sampleJob(from + i));
}

/** A sentence when the ids are not exactly `count` different ones. */
export function wrongIds(ids: readonly string[], count: number): string | undefined {
	const distinct = new Set(ids).size;
	if (ids.length === count && distinct === count) return undefined;
	return `${count} jobs were given, ${ids.length} came back, ${distinct} of them different`;
}
