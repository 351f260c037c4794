/** The server for AI tools, offered to the editor's own: for the folders of this window, where it is trusted. */
import { EventEmitter, lm, McpStdioServerDefinition, Uri, workspace } from 'vscode';
import { readBuildInfo } from '../../shared/build.ts';
import { stageBuild } from '../../shared/client/builds.ts';
import { launcherPath } from '../../shared/client/launcher.ts';
import { dataPaths } from '../../shared/paths.ts';
import type { Link } from '../connection/link.ts';
import { MCP_PROVIDER } from '../contributions.ts';
import { openFolders } from '../indexing/folders.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';

export interface ServerPorts {
	readonly link: Pick<Link, 'request'>;
	/** The data folder. */
	readonly home: () => string;
	readonly distFolder: string;
	/** The editor asks for the list of tools anew when it is another one. */
	readonly version: string;
}

export function offerServer({ link, home, distFolder, version }: ServerPorts): Disposable {
	const lifetime = new Lifetime();
	const changed = lifetime.own(new EventEmitter<void>());

	function offer(): void {
		lifetime.own(
			lm.registerMcpServerDefinitionProvider(MCP_PROVIDER, {
				onDidChangeMcpServerDefinitions: changed.event,
				// Asked at each start of the editor: it looks at nothing.
				provideMcpServerDefinitions: () => definitions(home(), version),
				async resolveMcpServerDefinition(definition) {
					// Now it is to run: its launcher is there, and so is the leave to work in these folders.
					const build = readBuildInfo(distFolder);
					await stageBuild({ paths: dataPaths(home()), distFolder, build });
					for (const { path } of openFolders()) await link.request('ai/folder', { root: path });
					return definition;
				},
			}),
		);
	}

	lifetime.own(workspace.onDidChangeWorkspaceFolders(() => changed.fire()));
	if (workspace.isTrusted) offer();
	else lifetime.own(workspace.onDidGrantWorkspaceTrust(offer));
	return lifetime;
}

function definitions(home: string, version: string): McpStdioServerDefinition[] {
	const folders = openFolders().map(({ path }) => path);
	const [first] = folders;
	if (first === undefined) return [];
	const args = ['mcp', ...folders.flatMap((folder) => ['--folder', folder])];
	const command = launcherPath(dataPaths(home));
	const env = { SEMANTICA_HOME: home };
	const server = new McpStdioServerDefinition('Semantica', command, args, env, version);
	server.cwd = Uri.file(first);
	return [server];
}
