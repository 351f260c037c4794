/** What the memory caps of all runs may come to together, on this machine. */
import { totalmem } from 'node:os';

const MB = 1024 * 1024;

/** @returns of 1,048,576 bytes; undefined where nothing bounds them */
export function roomMB(percent: number): number | undefined {
	if (percent === 0) return undefined;
	// A container may have less than its machine; 0 and more than there is mean that it has not.
	const own = process.constrainedMemory();
	const bytes = own > 0 ? Math.min(own, totalmem()) : totalmem();
	return Math.floor((bytes * percent) / 100 / MB);
}
