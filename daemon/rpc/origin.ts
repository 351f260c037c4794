/** Who asks, as a job's `origin` says it: what a client calls itself, or the job whose run speaks. */

/** Tools name the program behind them; every other name with a slash is the daemon's own to give. */
const TOOL = 'mcp/';
/** For clients that do not say who they are. */
const NAMELESS = 'unknown';

/** @param root Of a tool: where it was started, absolute; no other client's origin has a `#`. */
export function originOf(
	job: { readonly id: string } | undefined,
	client = '',
	root?: string,
): string {
	if (job !== undefined) return `job/${job.id}`;
	const isTool = root !== undefined || client.startsWith(TOOL);
	const name = plain(client.startsWith(TOOL) ? client.slice(TOOL.length) : client);
	const whose = root === undefined ? '' : `#${root.replace(/[\\/]+$/, '')}`;
	return `${isTool ? TOOL : ''}${name === '' ? NAMELESS : name}${whose}`;
}

/** What a worker asks for beside its runs. */
export function workerOrigin(name: string): string {
	return `worker/${plain(name) || NAMELESS}`;
}

// It stands in filters, tables and on command lines.
function plain(name: string): string {
	return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '');
}
