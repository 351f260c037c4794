/**
 * Lists that the windows of a machine keep from one session to the next, a file for each. The editor's own memory
 * follows a person from machine to machine, where the same path is another folder.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Memory {
	get(key: string, fallback: readonly string[]): PromiseLike<readonly string[]>;
	update(key: string, value: readonly string[]): PromiseLike<void>;
}

export function machineMemory(folder: string): Memory {
	const fileOf = (key: string) =>
		join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 16)}.json`);
	return {
		// Anew each time: another window may have written it. What cannot be read is asked of the daemon again.
		get: async (key, fallback) => {
			try {
				const kept: unknown = JSON.parse(await readFile(fileOf(key), 'utf8'));
				return isList(kept) ? kept : fallback;
			} catch {
				return fallback;
			}
		},
		update: async (key, value) => {
			await mkdir(folder, { recursive: true });
			const part = join(folder, `${randomUUID()}.part`);
			await writeFile(part, JSON.stringify(value));
			await rename(part, fileOf(key));
		},
	};
}

const isList = (value: unknown): value is string[] =>
	Array.isArray(value) && value.every((item) => typeof item === 'string');
