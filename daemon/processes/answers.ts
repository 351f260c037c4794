/** Where runs find the answers to what they ask: a folder each, made when one asks first, gone with the run. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface AnswerFiles {
	/** What the run is told; it need not be there. */
	folderOf(id: string, run: number): string;
	prepare(id: string, run: number): Promise<void>;
	/** Whoever looks finds all of it or nothing. */
	write(id: string, run: number, question: string, json: string): Promise<void>;
	remove(id: string, run: number): Promise<void>;
}

/** @param root A folder of ours alone; what earlier daemons left in it is removed. */
export function createAnswerFiles(root: string): AnswerFiles {
	rmSync(root, { recursive: true, force: true });
	const folderOf = (id: string, run: number) => join(root, `${id}-${run}`);
	const prepare = async (id: string, run: number): Promise<void> => {
		await mkdir(folderOf(id, run), { recursive: true, mode: 0o700 });
	};

	return {
		folderOf,
		prepare,
		async write(id, run, question, json) {
			await prepare(id, run);
			const folder = folderOf(id, run);
			const draft = join(folder, `.${randomUUID()}`);
			try {
				const file = await open(draft, 'wx', 0o600);
				try {
					await file.writeFile(`${json}\n`);
				} finally {
					await file.close();
				}
				await rename(draft, join(folder, `${question}.json`));
			} catch (error) {
				await rm(draft, { force: true }).catch(() => {});
				throw error;
			}
		},
		remove: (id, run) => rm(folderOf(id, run), { recursive: true, force: true }),
	};
}
