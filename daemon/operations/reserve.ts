/** Room on the disk that is given up when there is no other, so that what fills the disk can still be stopped. */
import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import type { Clock } from '../queue/ports/clock.ts';

export interface Reserve {
	/** Makes it, unless it is there. */
	begin(): void;
	/** False where there is none to free. */
	free(): boolean;
}

/** The ends of a few hundred runs. */
const BYTES = 1024 * 1024;
const AGAIN_MS = 60_000;

export function createReserve(file: string, clock: Clock): Reserve {
	function begin(): void {
		// Where there is no room for it yet, later.
		make().catch(() => clock.after(AGAIN_MS, begin));
	}

	// Random, because some file systems keep no room for what they can compress.
	async function make(): Promise<void> {
		const found = await stat(file).catch(() => undefined);
		if (found?.size === BYTES) return;
		const draft = `${file}.tmp`;
		try {
			await writeFile(draft, randomBytes(BYTES), { mode: 0o600 });
			await rename(draft, file);
		} catch (error) {
			await rm(draft, { force: true });
			throw error;
		}
	}

	return {
		begin,
		free() {
			try {
				unlinkSync(file);
			} catch {
				return false;
			}
			clock.after(AGAIN_MS, begin);
			return true;
		},
	};
}
