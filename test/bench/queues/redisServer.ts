/** A Redis of its own, of the machine's installation: on a socket, and durable. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Server, startBound } from './bound.ts';

export const REDIS = 'redis-server';

/** `always` answers when the change is on disk; `everysec` may lose a second of what it has answered. */
export type AppendFsync = 'always' | 'everysec';

export function startRedis(folder: string, fsync: AppendFsync): Promise<Server> {
	const socket = join(folder, 'redis.sock');
	const settings = {
		port: '0',
		unixsocket: socket,
		dir: folder,
		appendonly: 'yes',
		appendfsync: fsync,
		save: '',
		'maxmemory-policy': 'noeviction',
	};
	return startBound({
		program: REDIS,
		args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
		signal: 'SIGKILL',
		readyWhen: 'eady to accept connections',
		endpoint: socket,
	});
}

/** Undefined where it is not installed. */
export function redisVersion(): string | undefined {
	try {
		return /v=(\S+)/.exec(execFileSync(REDIS, ['--version'], { encoding: 'utf8' }))?.[1];
	} catch {
		return undefined;
	}
}
