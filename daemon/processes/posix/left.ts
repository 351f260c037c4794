/**
 * What jobs were allowed to leave behind. It is known by the cookie of its run, which is recorded when the job's own
 * process has ended: whoever cleans up spares it from then on, and a person ends it by its job.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { LeftProcess } from '../containment.ts';
import { cookieIn } from '../cookie.ts';
import { textOf } from './cost.ts';
import { signal } from './group.ts';
import { findProcesses, type ProcessInfo, readEnvironment } from './procfs.ts';

export interface Left {
	/** Of runs that have left something, those of earlier daemons too. */
	cookies(): ReadonlySet<string>;
	/** False where it cannot be recorded: then it is not to be spared. */
	keep(id: string, run: number, cookie: string): boolean;
	/** Who is still there, of all runs of the job. */
	of(id: string): Promise<LeftProcess[]>;
	/** How many are there, of all jobs. */
	count(): Promise<number>;
	/** Kills it; resolves with the number of processes. */
	end(id: string): Promise<number>;
	/** Forgets runs of which nobody is there any more. */
	prune(): Promise<void>;
}

const KILL_LIMIT_MS = 5000;

/** @param folder made when there is something to be recorded */
export function openLeft(folder: string): Left {
	/** Cookies by job and run. */
	const kept = new Map<string, string>();
	for (const name of namesIn(folder)) kept.set(name, textOf(join(folder, name)));

	function forget(name: string): void {
		kept.delete(name);
		try {
			rmSync(join(folder, name), { force: true });
		} catch {
			// The next start looks again.
		}
	}

	const ofJob = (id: string) => [...kept].filter(([name]) => name.startsWith(`${id}.`));
	const holders = (cookies: ReadonlySet<string>) =>
		findProcesses(({ pid }) => cookies.has(cookieIn(readEnvironment(pid) ?? '') ?? ''));
	const cookiesOf = (id: string) => new Set(ofJob(id).map(([, cookie]) => cookie));

	return {
		cookies: () => new Set(kept.values()),
		keep(id, run, cookie) {
			const name = `${id}.${run}`;
			try {
				mkdirSync(folder, { recursive: true, mode: 0o700 });
				writeFileSync(join(folder, name), cookie, { mode: 0o600 });
			} catch {
				return false;
			}
			kept.set(name, cookie);
			return true;
		},
		async of(id) {
			const cookies = cookiesOf(id);
			if (cookies.size === 0) return [];
			return (await holders(cookies)).map(({ pid }) => ({ pid, name: nameOf(pid) }));
		},
		async count() {
			return kept.size === 0 ? 0 : (await holders(new Set(kept.values()))).length;
		},
		async end(id) {
			const cookies = cookiesOf(id);
			if (cookies.size === 0) return 0;
			const killed = new Set<string>();
			const end = performance.now() + KILL_LIMIT_MS;
			for (let clean = 0; clean < 2 && performance.now() < end; ) {
				const found = await holders(cookies);
				for (const process of found) {
					signal(process.pid, 'SIGKILL');
					killed.add(nameForGood(process));
				}
				clean = found.length === 0 ? clean + 1 : 0;
				if (found.length > 0) await delay(2);
			}
			for (const [name] of ofJob(id)) forget(name);
			return killed.size;
		},
		async prune() {
			if (kept.size === 0) return;
			const alive = new Set<string>();
			const all = new Set(kept.values());
			await findProcesses(({ pid }) => {
				const cookie = cookieIn(readEnvironment(pid) ?? '') ?? '';
				if (all.has(cookie)) alive.add(cookie);
				return false;
			});
			for (const [name, cookie] of [...kept]) if (!alive.has(cookie)) forget(name);
		},
	};
}

const nameForGood = ({ pid, startTime }: ProcessInfo): string => `${pid}:${startTime}`;

export const nameOf = (pid: number): string =>
	textOf(`/proc/${pid}/comm`)
		.trimEnd()
		.replace(/[^ -~]/g, '?');

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
