import type { Link } from '../connection/link.ts';
import type { CommandBody } from './register.ts';

/** From now on nothing new starts, in any queue and for every window; what runs goes on. */
export function pauseAll(link: Link): CommandBody {
	return async () => {
		await link.request('queue/update', { name: '*', paused: true });
	};
}
