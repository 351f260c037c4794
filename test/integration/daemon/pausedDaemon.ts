/** A daemon that takes jobs and starts none. */
import { startDaemon } from '../../support/daemon.ts';

export async function paused() {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await connection.request('queue/update', { name: '*', paused: true });
	return { daemon, connection };
}
