/** What `semantica mcp` is started with. Read without the command tree, which would cost more than all the rest. */

export interface McpOptions {
	/** Offers nothing that starts, stops or writes. */
	readonly readOnly: boolean;
	/** Only work in these folders, as they were written; none: all that are allowed. */
	readonly folders: readonly string[];
	/** A shared queue was joined, and a person lets tools send work to somebody in it. */
	readonly elsewhere?: boolean;
}

/** Undefined where the command tree has to say what is wrong, or to show its help. */
export function mcpOptions(args: readonly string[]): McpOptions | undefined {
	const folders: string[] = [];
	let readOnly = false;
	for (let i = 0; i < args.length; i++) {
		const word = args[i];
		if (word === '--read-only') {
			readOnly = true;
			continue;
		}
		const folder = word === '--folder' ? args[++i] : word?.match(/^--folder=(.+)$/s)?.[1];
		if (folder === undefined || folder.startsWith('-')) return undefined;
		folders.push(folder);
	}
	return { readOnly, folders };
}
