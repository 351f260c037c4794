/**
 * Who serves an AI tool from a copy under bin/: it is not removed meanwhile, since parts of it are read when they are
 * first needed. A file with the process's number, which the launcher makes and the process takes away, so that it
 * costs neither start anything; of one that was killed it is left, and says nothing once there is no such process.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';

/** In the copy. */
export const USERS = 'users';

export const prepareUsers = (folder: string) => mkdir(join(folder, USERS), { recursive: true });

/** @throws Node's error where that cannot be told */
export async function isBuildInUse(folder: string): Promise<boolean> {
	let inUse = false;
	for (const name of await usersOf(folder)) {
		if (/^\d+$/.test(name) && isAlive(Number(name))) inUse = true;
		else await rm(join(folder, USERS, name), { force: true }).catch(() => {});
	}
	return inUse;
}

async function usersOf(folder: string): Promise<string[]> {
	try {
		return await readdir(join(folder, USERS));
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return [];
		throw error;
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error instanceof Error && 'code' in error && error.code === 'EPERM';
	}
}
