/** Linux: descriptors that the daemon itself was born with, by some launcher's mistake, must not reach jobs. */
import { closeSync, readdirSync, readFileSync } from 'node:fs';

const STDERR = 2;
/** O_CLOEXEC, as in the octal flags that /proc shows; the same on all of Linux's architectures but alpha. */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes every descriptor that a child process would inherit. Node marks its own and the first few of those
 * it finds, so whatever is unmarked is a stranger's. To be called before anything else is opened.
 */
export function closeInheritedDescriptors(): void {
	if (process.platform !== 'linux') return;
	for (const fd of descriptors()) {
		if (fd <= STDERR) continue;
		try {
			const flags = /^flags:\s*(\d+)$/m.exec(
				readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'),
			)?.[1];
			if (flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0) closeSync(fd);
		} catch {
			// The one by which the list itself was read.
		}
	}
}

function descriptors(): number[] {
	try {
		return readdirSync('/proc/self/fd').map(Number);
	} catch {
		return [];
	}
}
