/** The filter options of list, cancel and retry, and the wire's filter made of them. */
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { errorCode, errorMessage } from '../../../shared/errors.ts';
import type { JobState } from '../../../shared/jobTerms.ts';
import type { JobFilter } from '../../../shared/protocol/jobs.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { resolveId } from '../ids.ts';
import { parseDuration } from '../parse/values.ts';
import { STATE_NAMES } from '../render/state.ts';

export interface FilterOptions {
	readonly state?: JobState[];
	readonly queue?: string[];
	readonly type?: string[];
	readonly tag?: string;
	readonly group?: string;
	readonly origin?: string[];
	readonly parent?: string;
	readonly after?: string;
	readonly folder?: string;
	readonly text?: string;
	readonly since?: number;
}

/** Words for several states at once. */
const GROUPS: Readonly<Record<string, readonly JobState[]>> = {
	open: ['queued', 'running', 'paused'],
	finished: ['succeeded', 'failed', 'cancelled', 'superseded', 'expired'],
};

export function addFilterOptions(command: Command): Command {
	return command
		.option(
			'-s, --state <states>',
			`any of ${STATE_NAMES.join(', ')}; or open, finished (comma separated)`,
			parseStates,
		)
		.option('-q, --queue <names>', 'in one of these queues', splitList)
		.option('--type <names>', 'of one of these types', splitList)
		.option('--tag <name>', 'with this tag')
		.option('-g, --group <name>', 'of this group of jobs')
		.option(
			'--origin <names>',
			'that one of these asked for: cli, vscode, job/ID; mcp/ means all that begin so',
			splitList,
		)
		.option('--parent <id>', 'children of this job')
		.option('--after <id>', 'that wait for this job, or did')
		.option('-f, --folder <folder>', 'of this workspace folder')
		.option('--text <text>', 'with this text in title, type, tag or subject')
		.option('--since <duration>', 'created in the last 30m, 2h, 7d', parseDuration);
}

export async function filterOf(
	context: Context,
	connection: DaemonConnection,
	options: FilterOptions,
): Promise<JobFilter> {
	return {
		...(options.state === undefined ? {} : { state: options.state }),
		...(options.queue === undefined ? {} : { queue: options.queue }),
		...(options.type === undefined ? {} : { type: options.type }),
		...(options.tag === undefined ? {} : { tag: options.tag }),
		...(options.group === undefined ? {} : { group: options.group }),
		...(options.origin === undefined ? {} : { origin: options.origin }),
		...(options.text === undefined ? {} : { text: options.text }),
		...(options.since === undefined ? {} : { createdAfter: Date.now() - options.since }),
		...(options.parent === undefined
			? {}
			: { parentId: await resolveId(connection, options.parent) }),
		...(options.after === undefined ? {} : { after: await resolveId(connection, options.after) }),
		...(options.folder === undefined
			? {}
			: { workspace: await workspaceUri(context, options.folder) }),
	};
}

/** The folder as the daemon names it: a URI with every link resolved. */
export async function workspaceUri(context: Context, folder: string): Promise<string> {
	const path = await realpath(resolve(context.cwd(), folder)).catch((error: unknown) => {
		const why = errorCode(error) === 'ENOENT' ? 'there is no such folder' : errorMessage(error);
		throw usageError(`--folder ${folder}: ${why}.`);
	});
	if (!(await stat(path)).isDirectory())
		throw usageError(`--folder ${folder}: it is not a folder.`);
	return pathToFileURL(path).href;
}

function parseStates(text: string, before: readonly JobState[] = []): JobState[] {
	const states = splitList(text).flatMap((word) => {
		const group = GROUPS[word] ?? STATE_NAMES.filter((state) => state === word);
		if (group.length === 0) {
			throw new InvalidArgumentError(
				`"${word}" is no state. Use ${STATE_NAMES.join(', ')}, open or finished.`,
			);
		}
		return group;
	});
	return [...new Set([...before, ...states])];
}

function splitList(text: string, before: readonly string[] = []): string[] {
	const words = text.split(',').map((word) => word.trim());
	return [...before, ...words.filter((word) => word !== '')];
}
