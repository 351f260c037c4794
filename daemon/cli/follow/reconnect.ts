/** Going on after the daemon that a job was followed on has ended. */
import { setTimeout as delay } from 'node:timers/promises';
import { type BuildStamp, isNewer } from '../../../shared/build.ts';
import { newestBuild } from '../../../shared/client/builds.ts';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { readStateFile } from '../../../shared/client/endpoint.ts';
import { findDaemon } from '../../../shared/client/launch.ts';
import { wasStoppedByPerson } from '../../../shared/stopped.ts';
import { isAlive } from '../alive.ts';
import { connectOrStart, type DaemonAccess } from '../connect.ts';
import { CliError } from '../errors.ts';
import { shortId } from '../render/state.ts';

export const RUNS_AGAIN = 'The Semantica daemon ended and runs again; following the job there.';

export interface Waiting {
	/** Less than a restart may take, where nobody waits for longer. */
	readonly withinMs?: number;
	/** Nobody waits any more. */
	readonly isOver?: () => boolean;
}

/**
 * @param before The daemon that has ended.
 * @throws CliError when somebody has stopped the daemon and it does not come back.
 */
export async function reconnect(
	access: DaemonAccess,
	id: string,
	before: BuildStamp,
	{ withinMs = RESTART_MS, isOver = () => false }: Waiting = {},
): Promise<DaemonConnection> {
	if (!(await comesBack(access, before, { withinMs: Math.min(withinMs, RESTART_MS), isOver }))) {
		throw new CliError(
			`The Semantica daemon was stopped; job ${shortId(id)} is kept. ` +
				`Go on with: semantica daemon start, and look again with: semantica show ${shortId(id)}`,
		);
	}
	return connectOrStart(access);
}

/** How long the next daemon may take where one was told to restart. */
const RESTART_MS = 40_000;

/**
 * Whether following goes on: a daemon that crashed left its state file and may be started again; one that a person
 * stopped says so, and starting it would be against their will.
 */
async function comesBack(
	access: DaemonAccess,
	before: BuildStamp,
	{ withinMs, isOver }: Required<Waiting>,
): Promise<boolean> {
	if (wasStoppedByPerson(access.paths)) return false;
	const newest = await newestBuild(access.paths);
	// It made way: its successor is on its way, or wants to be started.
	if (newest !== undefined && isNewer(newest.build, before)) return true;
	const deadline = Date.now() + withinMs;
	while (Date.now() < deadline && !isOver() && !wasStoppedByPerson(access.paths)) {
		const state = await readStateFile(access.paths);
		if (state !== undefined) {
			if ((await findDaemon(access.paths)) !== undefined) return true;
			// Looked for again: one that leaves in order removes it between our first look and its end.
			if (!isAlive(state.pid) && (await readStateFile(access.paths)) !== undefined) return true;
		}
		await delay(100);
	}
	return false;
}
