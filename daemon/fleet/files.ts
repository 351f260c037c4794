/** The files of this room: private, and whole or not at all. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

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
