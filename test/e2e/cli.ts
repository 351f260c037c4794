/** The command line of the installed extension, on a data folder. */
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

/** @returns what it prints. */
export function semantica(home: string, ...args: string[]): string {
	const extensions = process.env['SEMANTICA_E2E_EXTENSIONS'] ?? '';
	const [cli = ''] = globSync('semantica.*/dist/cli.js', { cwd: extensions });
	return execFileSync(process.execPath, [join(extensions, cli), ...args], {
		env: { ...process.env, SEMANTICA_HOME: home, HOME: home },
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'inherit'],
	});
}
