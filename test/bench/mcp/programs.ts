/** The servers that are compared. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Program {
	readonly name: string;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string>>;
}

const OTHERS = [
	{ name: 'server-filesystem', args: ['/tmp'] },
	{ name: 'server-memory', args: [] },
] as const;

/** Of the others those that are installed (`npm ci` in test/bench). */
export function programs(home: string, root: string): Program[] {
	const own: Program = {
		name: '`semantica mcp`',
		args: [join(root, 'dist/cli.js'), 'mcp'],
		env: { SEMANTICA_HOME: home },
	};
	const others = OTHERS.map(({ name, args }) => {
		const file = join(root, 'test/bench/node_modules/@modelcontextprotocol', name, 'dist/index.js');
		return { name, args: [file, ...args], env: {} };
	});
	return [own, ...others.filter(({ args: [file = ''] }) => existsSync(file))];
}
