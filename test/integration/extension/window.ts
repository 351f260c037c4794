/** What a window has of a daemon: its link and its jobs, without an editor. */
import { onTestFinished } from 'vitest';
import { openDaemonSocket, reasonToMakeWay } from '../../../extension/connection/launch.ts';
import { Link } from '../../../extension/connection/link.ts';
import { openRunningDaemon, ownBuild } from '../../../extension/connection/open.ts';
import type { LinkPorts } from '../../../extension/connection/ports.ts';
import type { LinkState } from '../../../extension/connection/state.ts';
import type { JobStore } from '../../../extension/jobs/store/store.ts';
import { Signal } from '../../../extension/lifetime.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { wasStoppedByPerson } from '../../../shared/stopped.ts';
import { DIST, gone } from '../../support/daemon.ts';
import { createPlainClient } from './rpcClient.ts';

/** A window's link to the data folder; whatever daemon it leaves behind ends with the test. */
export function window(home: string, ports: Partial<LinkPorts> & { distFolder?: string } = {}) {
	const notifications: LinkPorts['notifications'] = new Signal();
	const place = { home, distFolder: ports.distFolder ?? DIST, execPath: process.execPath };
	const link = new Link({
		open: () => openDaemonSocket({ ...place, env: process.env }),
		openRunning: () => openRunningDaemon(home),
		stoppedByPerson: () => wasStoppedByPerson(dataPaths(home)),
		build: () => ownBuild(place.distFolder),
		successor: (server) => reasonToMakeWay(place, server),
		createClient: createPlainClient,
		refusal: () => undefined,
		notifications,
		log: () => {},
		...ports,
	});
	onTestFinished(async () => {
		const pid = link.state.kind === 'connected' ? await daemonPid(link) : undefined;
		await link.stop();
		if (pid === undefined) return;
		process.kill(pid, 'SIGKILL');
		await gone(pid);
	});
	return { link, notifications };
}

export const daemonPid = async (link: Link): Promise<number> =>
	(await link.request('system/status', {})).pid;

export const reached = (link: Link, kind: LinkState['kind']): Promise<LinkState> =>
	new Promise((resolve) => {
		const check = (state: LinkState) => {
			if (state.kind === kind) resolve(state);
		};
		link.onDidChange(check);
		check(link.state);
	});

export const until = (store: JobStore, holds: () => boolean): Promise<void> =>
	new Promise((resolve) => {
		const check = () => {
			if (holds()) resolve();
		};
		store.onDidChange(check);
		check();
	});
