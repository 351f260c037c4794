/** The server for AI tools, offered to the editor's own: for the folders of this window. */
import { EventEmitter, lm, McpStdioServerDefinition, Uri, workspace } from 'vscode';
import { launcherPath } from '../../shared/client/launcher.ts';
import { dataPaths } from '../../shared/paths.ts';
import type { Link } from '../connection/link.ts';
import { MCP_PROVIDER } from '../contributions.ts';
import { openFolders } from '../indexing/folders.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';

export interface ServerPorts {
	readonly link: Pick<Link, 'request' | 'state'>;
	/** The data folder. */
	readonly home: () => string;
	readonly distFolder: string;
	/** The editor asks for the list of tools anew when it is another one. */
	readonly version: string;
}

/** How the server is started for the folders of this window. */
export interface ServerCommand {
	readonly command: string;
	readonly args: string[];
	readonly env: Record<string, string>;
	readonly cwd: string;
}

export function offerServer(ports: ServerPorts): Disposable {
	const lifetime = new Lifetime();
	const changed = lifetime.own(new EventEmitter<void>());
	lifetime.own(workspace.onDidChangeWorkspaceFolders(() => changed.fire()));
	lifetime.own(
		lm.registerMcpServerDefinitionProvider(MCP_PROVIDER, {
			onDidChangeMcpServerDefinitions: changed.event,
			// Asked at each start of the editor: it looks at nothing.
			provideMcpServerDefinitions: () => definitions(ports),
			async resolveMcpServerDefinition(definition) {
				const { prepareServer } = await import('./prepareServer.ts');
				await prepareServer(ports);
				return definition;
			},
		}),
	);
	return lifetime;
}

/** Undefined where no folder is open. */
export function serverCommand(home: string): ServerCommand | undefined {
	const folders = openFolders().map(({ path }) => path);
	const [cwd] = folders;
	if (cwd === undefined) return undefined;
	const args = ['mcp', ...folders.flatMap((folder) => ['--folder', folder])];
	return { command: launcherPath(dataPaths(home)), args, env: { SEMANTICA_HOME: home }, cwd };
}

function definitions({ home, version }: ServerPorts): McpStdioServerDefinition[] {
	const how = serverCommand(home());
	if (how === undefined) return [];
	const server = new McpStdioServerDefinition('Semantica', how.command, how.args, how.env, version);
	server.cwd = Uri.file(how.cwd);
	return [server];
}
