import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { isInside } from '../../../shared/inside.ts';
import { connectOrStart, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { renderIndex } from '../render/indexes.ts';
import { examples, JSON_OPTION } from './help.ts';

interface Options {
	readonly skipped?: boolean;
	readonly json?: boolean;
}

/** Paths of each reason that `--skipped` shows. */
const LISTED = 1000;

export function addIndexStatusCommand(index: Command, context: Context): void {
	index
		.command('status')
		.summary('what an index holds, and how old it is')
		.description(
			'Says of the index of a folder, or the one around it, what it holds, what was left out and why, and how old it is; outside of any index: of all.',
		)
		.argument('[folder]', 'the folder')
		.option('--skipped', 'also which files were left out')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(['semantica index status --skipped', 'what search does not see here, and why']),
		)
		.action((folder: string | undefined, options: Options) => status(context, folder, options));
}

async function status(
	context: Context,
	folder: string | undefined,
	{ skipped, json }: Options,
): Promise<void> {
	const given = resolve(context.cwd(), folder ?? '.');
	const path = await realpath(given).catch(() => given);
	const { indexes } = await using(connectOrStart(context.daemon), (connection) =>
		connection.request('index/status', skipped ? { skippedPaths: LISTED } : {}),
	);
	const around = indexes
		.filter(({ workspace }) => isInside(path, fileURLToPath(workspace)))
		.sort((a, b) => b.workspace.length - a.workspace.length);
	const meant = around[0] !== undefined ? [around[0]] : folder === undefined ? indexes : [];
	if (json) {
		context.out.json({ indexes: meant });
		return;
	}
	if (meant.length === 0) {
		throw new CliError(
			folder === undefined
				? 'No folder is indexed yet. Index one with: semantica index FOLDER --wait'
				: `${path} is not indexed. Index it with: semantica index ${pathToFileURL(path).pathname}`,
		);
	}
	const view = context.out.view();
	context.out.lines(
		meant.flatMap((one, place) => [
			...(place === 0 ? [] : ['']),
			...renderIndex(one, Date.now(), view),
		]),
	);
}
