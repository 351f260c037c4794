/**
 * Linux, where a part of the cgroup v2 tree is ours to arrange: a control group per run holds every process of
 * it, whatever it does to its session and environment, and kills or freezes them as one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../../shared/errors.ts';

export interface Cgroups {
	/** Folder under which the runs' control groups stand. */
	readonly root: string;
	/** Controllers that the groups of runs have: memory, cpu, pids, as far as the system lets us. */
	readonly controllers: ReadonlySet<string>;
	/** Makes a control group for one run and returns its folder. */
	create(name: string): string;
	/** Kills everything in it and removes it; false when something would not die. */
	remove(folder: string): Promise<boolean>;
	/** False when it could not be done; then nothing is frozen. Rejects where that is not known. */
	freeze(folder: string): Promise<boolean>;
	thaw(folder: string): void;
	/** Kills what earlier daemons of this data folder left; resolves with the number of processes. */
	cleanUp(): Promise<number>;
	close(): void;
}

const PREFIX = 'semantica-';
const KILL_LIMIT_MS = 5000;
const FREEZE_LIMIT_MS = 500;

/**
 * @param folderKey names the data folder
 * @param keep is told of the groups that earlier daemons left, before they are removed
 * @returns a sentence that says why not, where there is no control group to be had
 */
export async function openCgroups(
	folderKey: string,
	instance: string,
	keep: (name: string, folder: string) => void = () => {},
): Promise<Cgroups | string> {
	const own = ownFolder();
	if (own === undefined) return 'This system has no cgroup v2.';
	const base = outsideOfRuns(own);
	const mine = `${PREFIX}${folderKey}.`;
	const root = join(base, mine + instance);
	try {
		mkdirSync(root);
		await probe(root);
	} catch (error) {
		removeTree(root);
		return (
			`The control group ${base} is not ours to arrange (${errorCode(error) ?? String(error)}); ` +
			'a daemon started with systemd-run --user --scope -p Delegate=yes has one that is.'
		);
	}

	const controllers = enableControllers(base, root);
	return {
		root,
		controllers,
		create(name) {
			const folder = join(root, name);
			mkdirSync(folder);
			return folder;
		},
		remove: (folder) => killTree(folder),
		async freeze(folder) {
			try {
				setFrozen(folder, true);
			} catch {
				return false;
			}
			const end = Date.now() + FREEZE_LIMIT_MS;
			for (let wait = 1; !isFrozen(folder); wait = Math.min(wait * 2, 20)) {
				if (Date.now() > end) {
					setFrozen(folder, false);
					return false;
				}
				await delay(wait);
			}
			return true;
		},
		thaw: (folder) => setFrozen(folder, false),
		async cleanUp() {
			let killed = 0;
			for (const name of readdirSync(base)) {
				const folder = join(base, name);
				if (!name.startsWith(mine) || folder === root) continue;
				killed += countProcesses(folder);
				for (const run of runsIn(folder)) keep(basename(run), run);
				await killTree(folder);
			}
			return killed;
		},
		close: () => removeTree(root),
	};
}

/** The folder of the control group that we are in. */
function ownFolder(): string | undefined {
	try {
		const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
		// Fields: id, parent, device, root, mount point, options …, -, type.
		const mount = / \/ (\S+) [^-]*- cgroup2 /.exec(
			readFileSync('/proc/self/mountinfo', 'utf8'),
		)?.[1];
		return path === undefined || mount === undefined ? undefined : join(mount, path);
	} catch {
		return undefined;
	}
}

// A daemon that was started by a job of another one must not die with that job.
function outsideOfRuns(own: string): string {
	const at = own.indexOf(`/${PREFIX}`);
	if (at < 0) return own;
	const outside = own.slice(0, at);
	try {
		writeFileSync(join(outside, 'cgroup.procs'), '0');
	} catch {
		// We stay where we may not leave.
	}
	return outside;
}

const WANTED = ['memory', 'cpu', 'pids'];

/** Asks for them for the groups of runs. A group that shares memory out may hold no process itself. */
function enableControllers(base: string, root: string): ReadonlySet<string> {
	const there = textIn(join(base, 'cgroup.controllers')).trim().split(' ');
	const wanted = WANTED.filter((name) => there.includes(name));
	if (wanted.length === 0) return new Set();
	moveAside(base);
	return new Set(
		wanted.filter((name) => {
			try {
				for (const folder of [base, root]) {
					writeFileSync(join(folder, 'cgroup.subtree_control'), `+${name}`);
				}
				return true;
			} catch {
				return false;
			}
		}),
	);
}

// Only where nobody but us is in it: other people's processes are not ours to move.
function moveAside(base: string): void {
	if (textIn(join(base, 'cgroup.procs')).trim() !== String(process.pid)) return;
	const own = join(base, `${PREFIX}daemon`);
	try {
		mkdirSync(own, { recursive: true });
		writeFileSync(join(own, 'cgroup.procs'), '0');
	} catch {
		// Then there are no caps of this kind.
	}
}

function textIn(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
}

/** @throws when a process of ours cannot be moved into a group of ours and killed there. */
async function probe(root: string): Promise<void> {
	const folder = join(root, 'probe');
	mkdirSync(folder);
	const mover = spawn('/bin/sh', ['-c', 'echo 0 >"$1/cgroup.procs"', 'sh', folder], {
		stdio: 'ignore',
	});
	const [code] = await once(mover, 'exit');
	const able = existsSync(join(folder, 'cgroup.kill')) && existsSync(join(folder, 'cgroup.freeze'));
	rmdirSync(folder);
	if (code !== 0) throw new Error('processes cannot be moved into it');
	if (!able) throw new Error('the kernel is older than 5.14');
}

async function killTree(folder: string): Promise<boolean> {
	const end = Date.now() + KILL_LIMIT_MS;
	for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
		if (removeTree(folder)) return true;
		try {
			writeFileSync(join(folder, 'cgroup.kill'), '1');
		} catch {
			// Gone, or there is no descriptor to be had, which may be over in a moment.
		}
		if (removeTree(folder)) return true;
		if (Date.now() > end) return false;
		await delay(wait);
	}
}

/** True when it is gone; a group with a living process cannot be removed. */
function removeTree(folder: string): boolean {
	if (removeFolder(folder)) return true;
	try {
		for (const child of subgroups(folder)) removeTree(child);
	} catch {
		return false;
	}
	return removeFolder(folder);
}

// It needs no descriptor, unlike a look inside.
function removeFolder(folder: string): boolean {
	try {
		rmdirSync(folder);
		return true;
	} catch (error) {
		return isGone(error);
	}
}

function countProcesses(folder: string): number {
	try {
		const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').length - 1;
		return subgroups(folder).reduce((sum, child) => sum + countProcesses(child), own);
	} catch {
		return 0;
	}
}

function runsIn(folder: string): string[] {
	try {
		return subgroups(folder);
	} catch {
		return [];
	}
}

function subgroups(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map((entry) => join(folder, entry.name));
}

// The run may end meanwhile, and its group with it.
function setFrozen(folder: string, frozen: boolean): void {
	try {
		writeFileSync(join(folder, 'cgroup.freeze'), frozen ? '1' : '0');
	} catch (error) {
		if (!isGone(error)) throw error;
	}
}

function isFrozen(folder: string): boolean {
	try {
		return /^frozen 1$/m.test(readFileSync(join(folder, 'cgroup.events'), 'utf8'));
	} catch (error) {
		if (isGone(error)) return true;
		throw error;
	}
}

// ENODEV: removed between opening and writing.
function isGone(error: unknown): boolean {
	return errorCode(error) === 'ENOENT' || errorCode(error) === 'ENODEV';
}
