/** Files that are their owner's alone. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Whole or not at all: readers see the old text or the new. */
export function writeAtomically(file: string, text: string): void {
	const draft = `${file}.${process.pid}.tmp`;
	try {
		writeFileSync(draft, text, { mode: 0o600 });
		renameSync(draft, file);
	} catch (error) {
		rmSync(draft, { force: true });
		throw error;
	}
}
