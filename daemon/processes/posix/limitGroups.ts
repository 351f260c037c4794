/**
 * Linux: the kernel caps what a run takes. Of cgroup v2 the run's own group does, where its controllers are ours;
 * else a folder of v1 for each cap, into which the run's first process moves itself. Where neither is to be had
 * there is no cap of that kind.
 */
import {
	closeSync,
	constants,
	mkdirSync,
	openSync,
	readdirSync,
	readSync,
	rmdirSync,
	writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, errorMessage } from '../../../shared/errors.ts';
import { type Cap, type Caps, type MemoryDeath, SpawnError } from '../containment.ts';
import { textOf } from './cost.ts';

export interface LimitGroups {
	/** Caps that the kernel keeps. */
	readonly kept: ReadonlySet<Cap>;
	/**
	 * @param own the run's control group of v2
	 * @throws SpawnError LIMITS
	 */
	create(name: string, caps: Caps, own: string | undefined): RunCaps;
	/** Removes what earlier daemons of this data folder left; their processes are gone. */
	cleanUp(): void;
	close(): void;
}

export interface RunCaps {
	/** Of v1: the run's first process moves itself there. */
	readonly folders: readonly string[];
	/** The kernel ended a process of it, because the run had come to its cap. */
	overMemory(): MemoryDeath | undefined;
	/** Bytes; undefined where nothing counts. */
	peak(): number | undefined;
	/** To be called when its processes are gone; never rejects. */
	remove(): Promise<void>;
}

export interface ControllerOptions {
	/** Names the data folder, and the life of this daemon. */
	readonly folderKey: string;
	readonly instance: string;
	/** Controllers of v2 that groups of runs have. */
	readonly unified: ReadonlySet<string>;
	/** Texts of /proc/self/mountinfo and /proc/self/cgroup. */
	readonly mounts: string;
	readonly own: string;
}

const PREFIX = 'semantica-';
const CONTROLLERS: Readonly<Record<Cap, string>> = {
	memory: 'memory',
	cpus: 'cpu',
	processes: 'pids',
};
const PERIOD_US = 100_000;
/** The kernel takes no less. */
const LEAST_QUOTA_US = 1000;
/** A zombie that nobody has reaped yet keeps a folder. */
const REMOVED_WITHIN_MS = 5000;

export function readControllers(): Pick<ControllerOptions, 'mounts' | 'own'> {
	return { mounts: textOf('/proc/self/mountinfo'), own: textOf('/proc/self/cgroup') };
}

export function openLimitGroups(options: ControllerOptions): LimitGroups {
	const { folderKey, instance, unified } = options;
	const mine = `${PREFIX}${folderKey}.`;
	/** Folders of v1 under which those of the runs stand. */
	const roots = new Map<Cap, string>();
	const kept = new Set<Cap>();
	for (const cap of Object.keys(CONTROLLERS) as Cap[]) {
		if (unified.has(CONTROLLERS[cap])) {
			kept.add(cap);
			continue;
		}
		const base = folderOfV1(CONTROLLERS[cap], options);
		const root = base === undefined ? undefined : join(base, mine + instance);
		if (root === undefined || !isMade(root)) continue;
		roots.set(cap, root);
		kept.add(cap);
	}

	return {
		kept,
		create(name, caps, own) {
			const made = new Map<Cap, string>();
			try {
				for (const cap of kept) {
					if (caps[cap] === undefined) continue;
					const root = roots.get(cap);
					const folder = root === undefined ? own : join(root, name);
					if (folder === undefined) throw new Error('it may leave processes behind');
					if (root !== undefined) {
						mkdirSync(folder);
						made.set(cap, folder);
					}
					write(folder, cap, caps[cap], root === undefined);
				}
			} catch (error) {
				for (const folder of made.values()) removeFolder(folder);
				throw new SpawnError(
					'LIMITS',
					`The limits of the job could not be set (${errorMessage(error)}). Try again, or leave them out.`,
				);
			}
			const memory =
				caps.memory === undefined || !kept.has('memory') ? undefined : (made.get('memory') ?? own);
			return runCaps([...made.values()], memory, caps.memory ?? 0);
		},
		cleanUp() {
			for (const root of roots.values()) {
				const base = join(root, '..');
				for (const name of namesIn(base)) {
					const left = join(base, name);
					if (!name.startsWith(mine) || left === root) continue;
					for (const run of namesIn(left)) removeFolder(join(left, run));
					removeFolder(left);
				}
			}
		},
		close() {
			for (const root of roots.values()) {
				for (const run of namesIn(root)) removeFolder(join(root, run));
				removeFolder(root);
			}
		},
	};
}

function runCaps(folders: string[], memory: string | undefined, limit: number): RunCaps {
	let death: MemoryDeath | undefined;
	const peak = () => {
		const text = memory === undefined ? '' : textOfEither(memory, PEAKS);
		return text === '' ? undefined : Number(text);
	};
	return {
		folders,
		peak,
		overMemory() {
			if (death !== undefined || memory === undefined) return death;
			if (!isOver(memory, limit)) return undefined;
			death = { peakBytes: peak() ?? limit, killed: killedIn(basename(memory)) };
			return death;
		},
		async remove() {
			const end = Date.now() + REMOVED_WITHIN_MS;
			let left = folders;
			for (let wait = 1; ; wait = Math.min(wait * 2, 100)) {
				left = left.filter((folder) => !removeFolder(folder));
				if (left.length === 0 || Date.now() > end) return;
				await delay(wait);
			}
		},
	};
}

const PEAKS = ['memory.peak', 'memory.max_usage_in_bytes'];

function textOfEither(folder: string, names: readonly string[]): string {
	for (const name of names) {
		const text = textOf(join(folder, name)).trimEnd();
		if (text !== '') return text;
	}
	return '';
}

// A kill alone may be the whole system's, which has run out; then the run had not come to its own cap.
function isOver(folder: string, limit: number): boolean {
	const events = textOf(join(folder, 'memory.events'));
	if (events !== '') return countIn(events, 'oom_kill') > 0 && countIn(events, 'oom') > 0;
	if (countIn(textOf(join(folder, 'memory.oom_control')), 'oom_kill') === 0) return false;
	const failed = ['memory.failcnt', 'memory.memsw.failcnt'].some(
		(name) => Number(textOf(join(folder, name))) > 0,
	);
	return failed || Number(textOf(join(folder, 'memory.max_usage_in_bytes'))) >= limit;
}

function countIn(text: string, name: string): number {
	return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

function write(folder: string, cap: Cap, value: number, unified: boolean): void {
	const set = (name: string, text: string | number) =>
		writeFileSync(join(folder, name), String(text));
	switch (cap) {
		case 'memory':
			if (!unified) {
				set('memory.limit_in_bytes', value);
				// Without it the kernel would give it swap instead. Not every kernel counts that.
				ifThere(() => set('memory.memsw.limit_in_bytes', value));
				return;
			}
			set('memory.max', value);
			ifThere(() => set('memory.swap.max', 0));
			ifThere(() => set('memory.oom.group', 1));
			return;
		case 'cpus': {
			const quota = Math.max(LEAST_QUOTA_US, Math.round(value * PERIOD_US));
			if (unified) set('cpu.max', `${quota} ${PERIOD_US}`);
			else {
				set('cpu.cfs_period_us', PERIOD_US);
				set('cpu.cfs_quota_us', quota);
			}
			return;
		}
		case 'processes':
			set('pids.max', value);
	}
}

function ifThere(set: () => void): void {
	try {
		set();
	} catch (error) {
		if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EACCES') throw error;
	}
}

/** Where the groups of this daemon's own group stand, in the hierarchy of that controller. */
function folderOfV1(controller: string, { mounts, own }: ControllerOptions): string | undefined {
	// Fields: id, parent, device, root, mount point, options …, -, type, source, options of the file system.
	for (const line of mounts.split('\n')) {
		const [mount = '', file = ''] = line.split(' - ');
		const [type, , options = ''] = file.split(' ');
		if (type !== 'cgroup' || !options.split(',').includes(controller)) continue;
		const [, , , root = '/', point = ''] = mount.split(' ');
		for (const entry of own.split('\n')) {
			const [, names = '', ...path] = entry.split(':');
			if (!names.split(',').includes(controller)) continue;
			const whole = path.join(':');
			const within = root !== '/' && whole.startsWith(root) ? whole.slice(root.length) : whole;
			// Of a daemon that a job started: not under that job's.
			const at = within.indexOf(`/${PREFIX}`);
			return join(point, at < 0 ? within : within.slice(0, at));
		}
	}
	return undefined;
}

function isMade(root: string): boolean {
	try {
		mkdirSync(root);
		return true;
	} catch {
		return false;
	}
}

/** True when it is gone. */
function removeFolder(folder: string): boolean {
	try {
		rmdirSync(folder);
		return true;
	} catch (error) {
		return errorCode(error) === 'ENOENT';
	}
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder, { withFileTypes: true })
			.filter((entry) => entry.isDirectory())
			.map(({ name }) => name);
	} catch {
		return [];
	}
}

/** What the kernel says that it killed; undefined where its words are not ours to read. */
function killedIn(group: string): MemoryDeath['killed'] {
	return killedBy(kernelLog(), group);
}

/** Of the last kill in a control group of that name. */
export function killedBy(log: string, group: string): MemoryDeath['killed'] {
	let killed: MemoryDeath['killed'];
	for (const line of log.split('\n')) {
		const [, where = '', name = '', pid] =
			/oom-kill:.*oom_memcg=([^,]*),.*task=(.*),pid=(\d+)/.exec(line) ?? [];
		if (pid !== undefined && basename(where) === group) killed = { pid: Number(pid), name };
	}
	return killed;
}

const RECORD_BYTES = 8192;

function kernelLog(): string {
	let fd: number;
	try {
		fd = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
	} catch {
		return '';
	}
	const record = Buffer.alloc(RECORD_BYTES);
	let text = '';
	try {
		for (;;) {
			try {
				const length = readSync(fd, record, 0, record.length, null);
				if (length === 0) return text;
				text += record.toString('latin1', 0, length);
			} catch (error) {
				// What it has thrown away meanwhile is not read; at the end there is nothing more.
				if (errorCode(error) !== 'EPIPE') return text;
			}
		}
	} finally {
		closeSync(fd);
	}
}
