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
	/** Where the daemon is of an older protocol, and what runs in it cannot be seen: so many runs. */
	confirmUnseen(running: number): Promise<boolean>;
	/** Asked when the daemon does not answer; true ends the process. */
	confirmKill(pid: number): Promise<boolean>;
	readonly log: (message: string) => void;
}

/** Resolves with true once a new daemon answers, with false when the person declines. */
export async function restartDaemon(ports: RestartPorts): Promise<boolean> {
	try {
		if (await runs(ports)) {
			if (!(await mayInterrupt(ports))) return false;
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

async function mayInterrupt(ports: RestartPorts): Promise<boolean> {
	// This window may not have needed it so far: then nobody here knows yet what would be interrupted.
	if (ports.link.state.kind !== 'connected') await ports.link.request('system/status', {});
	if (ports.link.state.kind === 'handover') {
		const { counts } = await ports.link.request('system/status', {});
		const running = (counts.running ?? 0) + (counts.paused ?? 0);
		return running === 0 || ports.confirmUnseen(running);
	}
	await ports.loaded();
	return ports.confirmInterruption();
}

/** There is a daemon at the other end. */
const isJoined = ({ state }: RestartPorts['link']): boolean =>
	state.kind === 'connected' || state.kind === 'handover';

async function runs({ link, home }: RestartPorts): Promise<boolean> {
	return isJoined(link) || (await findDaemon(dataPaths(home()))) !== undefined;
}

async function drain(link: RestartPorts['link']): Promise<void> {
	const left = new Promise<void>((resolve) => {
		const listening = link.onDidChange(() => {
			if (isJoined(link)) return;
			listening.dispose();
			resolve();
		});
	});
	const reason = 'restarted from the editor';
	const params = { reason, mode: 'stop', timeoutMs: STOP_MS } as const;
	await link.request('system/drain', params, ANSWER_MS).catch((error: unknown) => {
		// It may leave before its answer does.
		if (isJoined(link)) throw error;
	});
	await withDeadline(left, STOP_MS + LEAVE_MS, NO_ANSWER);
}

async function killSilent(ports: RestartPorts): Promise<boolean> {
	const find = () => findDaemon(dataPaths(ports.home()));
	const daemon = await find();
	if (daemon === undefined) return true;
	if (!(await ports.confirmKill(daemon.pid))) return false;
	// The person may have taken hours, and its pid may be a stranger's by now. What still listens where the state
	// file says has it still.
	if ((await find())?.instance === daemon.instance) process.kill(daemon.pid, 'SIGKILL');
	return true;
}
