import type { Link } from '../connection/link.ts';
import type { CommandBody } from './register.ts';

export function resumeAll(link: Link): CommandBody {
	return async () => {
		await link.request('queue/update', { name: '*', paused: false });
	};
}
