/** Replaces the running daemon by one of this build: politely, and by force only where a person says so. */
import { findDaemon } from '../../shared/client/launch.ts';
import { dataPaths } from '../../shared/paths.ts';
import type { Link } from './link.ts';
import { isSilence, NO_ANSWER, withDeadline } from './silence.ts';

/** What running jobs get to end by themselves. */
const STOP_MS = 10_000;
/** A daemon that lives answers this at once; the draining comes after. */
const ANSWER_MS = 5_000;
/** Beyond what jobs get, for the daemon itself to leave. */
const LEAVE_MS = 15_000;

export interface RestartPorts {
	readonly link: Pick<Link, 'request' | 'state' | 'onDidChange'>;
	home(): string;
	/** Connects if need be, and resolves once it is known what runs. */
	loaded(): Promise<void>;
	/** Whether what runs may be interrupted. */
	confirmInterruption(): Promise<boolean>;
	/** Asked when the daemon does not answer; true ends the process. */
	confirmKill(pid: number): Promise<boolean>;
	readonly log: (message: string) => void;
}

/** Resolves with true once a new daemon answers, with false when the person declines. */
export async function restartDaemon(ports: RestartPorts): Promise<boolean> {
	try {
		if (await runs(ports)) {
			// This window may not have needed it so far: then nobody here knows yet what would be interrupted.
			await ports.loaded();
			if (!(await ports.confirmInterruption())) return false;
			await drain(ports.link);
		}
	} catch (error) {
		if (!isSilence(error)) throw error;
		ports.log('The daemon does not answer.');
		if (!(await killSilent(ports))) return false;
	}
	await ports.link.request('system/status', {});
	return true;
}

async function runs({ link, home }: RestartPorts): Promise<boolean> {
	return link.state.kind === 'connected' || (await findDaemon(dataPaths(home()))) !== undefined;
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
	const params = { reason, mode: 'stop', timeoutMs: STOP_MS } as const;
	await link.request('system/drain', params, ANSWER_MS).catch((error: unknown) => {
		// It may leave before its answer does.
		if (link.state.kind === 'connected') throw error;
	});
	await withDeadline(left, STOP_MS + LEAVE_MS, NO_ANSWER);
}

async function killSilent(ports: RestartPorts): Promise<boolean> {
	// Something accepts connections at the endpoint that the state file names, so its pid is no stranger's.
	const daemon = await findDaemon(dataPaths(ports.home()));
	if (daemon === undefined) return true;
	if (!(await ports.confirmKill(daemon.pid))) return false;
	process.kill(daemon.pid, 'SIGKILL');
	return true;
}
