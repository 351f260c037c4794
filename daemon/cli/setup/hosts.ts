/** The programs that AI tools run in, where each of them is told of servers, and how. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Host {
	readonly name: string;
	/** Where it stands, if it is here: something of its own is there. */
	readonly traces: readonly string[];
	readonly file: string;
	readonly format: HostFormat;
	/** Where its extensions are: with ours there it is offered the server already, and told of it twice otherwise. */
	readonly extensions?: string;
}

export type HostFormat =
	| {
			readonly kind: 'json';
			/** Under which its servers stand. */
			readonly key: 'mcpServers' | 'servers';
			readonly entry: (command: string) => object;
	  }
	| { readonly kind: 'toml' };

const stdio = (command: string) => ({ type: 'stdio', command, args: ['mcp'] });

export function hosts(home: string, env: Environment, platform = process.platform): Host[] {
	const at = (...parts: string[]) => join(home, ...parts);
	const codex = env['CODEX_HOME'] || at('.codex');
	const code = join(editorFolder(home, env, platform), 'Code', 'User');
	return [
		{
			name: 'Claude Code',
			traces: [at('.claude.json'), at('.claude')],
			file: at('.claude.json'),
			format: { kind: 'json', key: 'mcpServers', entry: stdio },
		},
		{
			name: 'Codex',
			traces: [codex],
			file: join(codex, 'config.toml'),
			format: { kind: 'toml' },
		},
		{
			name: 'Cursor',
			traces: [at('.cursor')],
			file: at('.cursor', 'mcp.json'),
			format: { kind: 'json', key: 'mcpServers', entry: (command) => ({ command, args: ['mcp'] }) },
		},
		{
			name: 'Copilot CLI',
			traces: [at('.copilot')],
			file: at('.copilot', 'mcp-config.json'),
			format: {
				kind: 'json',
				key: 'mcpServers',
				entry: (command) => ({ type: 'local', command, args: ['mcp'], tools: ['*'] }),
			},
		},
		{
			name: 'VS Code',
			traces: [code],
			file: join(code, 'mcp.json'),
			format: { kind: 'json', key: 'servers', entry: stdio },
			extensions: at('.vscode', 'extensions'),
		},
	];
}

export const isHere = ({ traces }: Host): boolean => traces.some((trace) => existsSync(trace));

/** Our extension is there, and not about to be removed at the next start. */
export function hasExtension({ extensions }: Host): boolean {
	if (extensions === undefined) return false;
	try {
		const gone = removedFrom(extensions);
		return readdirSync(extensions).some((name) => OURS.test(name) && !gone.includes(name));
	} catch {
		return false;
	}
}

const OURS = /^semantica\.semantica-\d/;

function removedFrom(extensions: string): string[] {
	try {
		return Object.keys(JSON.parse(readFileSync(join(extensions, '.obsolete'), 'utf8')));
	} catch {
		return [];
	}
}

function editorFolder(home: string, env: Environment, platform: NodeJS.Platform): string {
	if (platform === 'win32') return env['APPDATA'] || join(home, 'AppData', 'Roaming');
	if (platform === 'darwin') return join(home, 'Library', 'Application Support');
	return env['XDG_CONFIG_HOME'] || join(home, '.config');
}
