/** Replaces the running daemon by one of this build: politely, and by force only where a person says so. */
import { findDaemon } from '../../shared/client/launch.ts';
import { dataPaths } from '../../shared/paths.ts';
import { isSilence, type Link } from './link.ts';

/** What running jobs get to end by themselves. */
const STOP_MS = 10_000;
/** A daemon that lives answers this at once; the draining comes after. */
const ANSWER_MS = 5_000;

export interface RestartPorts {
	readonly link: Pick<Link, 'request' | 'state' | 'onDidChange'>;
	home(): string;
	/** Asked when the daemon does not answer; true ends the process. */
	confirmKill(pid: number): Promise<boolean>;
	readonly log: (message: string) => void;
}

/** Resolves once a daemon answers, or when the person declines. */
export async function restartDaemon(ports: RestartPorts): Promise<void> {
	try {
		if (ports.link.state.kind === 'connected') await drain(ports.link);
		await ports.link.request('system/status', {});
	} catch (error) {
		if (!isSilence(error)) throw error;
		ports.log('The daemon does not answer.');
		if (await killSilent(ports)) await ports.link.request('system/status', {});
	}
}

async function drain(link: RestartPorts['link']): Promise<void> {
	const left = new Promise<void>((resolve) => {
		const listening = link.onDidChange((state) => {
			if (state.kind === 'connected') return;
			listening.dispose();
			resolve();
		});
	});
	const reason = 'restarted from the editor';
	await link.request('system/drain', { reason, mode: 'stop', timeoutMs: STOP_MS }, ANSWER_MS);
	await left;
}

async function killSilent(ports: RestartPorts): Promise<boolean> {
	// Something accepts connections at the endpoint that the state file names, so its pid is no stranger's.
	const daemon = await findDaemon(dataPaths(ports.home()));
	if (daemon === undefined) return true;
	if (!(await ports.confirmKill(daemon.pid))) return false;
	process.kill(daemon.pid, 'SIGKILL');
	return true;
}
