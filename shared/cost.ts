/** What work cost the machine: of one run, or of all runs of a job. */
import * as z from 'zod';

const known = z.int().min(0).nullable();

/** Of the whole tree of processes; null where the machine does not tell. */
export const costSchema = z.object({
	/** CPU time, user and system. */
	cpuMs: known,
	/** Most memory held at one moment, the files it keeps in the system's cache included. */
	peakMemoryBytes: known,
	/** From and to disks, not what the cache answered. */
	readBytes: known,
	writtenBytes: known,
});
export type Cost = z.output<typeof costSchema>;
