import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { errorCode, errorMessage } from '../../../shared/errors.ts';
import { isInside } from '../../../shared/inside.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { connectOrStart, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { given } from '../parse/given.ts';
import { collect, integerFrom, sizeUpTo } from '../parse/values.ts';
import { agrees } from '../person.ts';
import { newKey, submit } from '../submit.ts';
import { finishEnqueue } from './enqueued.ts';
import { examples, JSON_OPTION } from './help.ts';
import { addIndexMeaningCommand } from './indexMeaning.ts';
import { addIndexStatusCommand } from './indexStatus.ts';
import { watchAndIndex } from './indexWatch.ts';
import { notifyOf } from './work.ts';

interface Options {
	readonly wait?: boolean;
	readonly watch?: boolean;
	/** `false` by --no-exclude. */
	readonly exclude?: string[] | false;
	readonly defaultExcludes?: boolean;
	readonly maxFileSize?: number;
	readonly priority?: number;
	readonly yes?: boolean;
	readonly delete?: boolean;
	readonly json?: boolean;
}

export function addIndexCommand(program: Command, context: Context): void {
	const index = program
		.command('index')
		.summary('index a folder, so that search finds what is in it')
		.description(
			'Indexes a folder as a job. What is ignored by .gitignore stays out; a second run reads only what changed.',
		)
		.argument('[folder]', 'the folder', '.')
		.option('-w, --wait', 'follow the job; Ctrl-C leaves it running')
		.addOption(
			new Option(
				'--watch',
				'stay, and index what changes, whoever changes it; Ctrl-C ends it',
			).conflicts(['wait', 'json']),
		)
		.option(
			'-x, --exclude <pattern>',
			'leave this out too, as in .gitignore (repeatable); kept for the folder, in place of what was said before',
			collect,
		)
		.option('--no-exclude', 'leave out nothing of that kind any more')
		.option('--default-excludes', 'leave them out again')
		.option(
			'--no-default-excludes',
			'index what is left out unless git tracks it: node_modules, .venv, .env, private keys and the like',
		)
		.option(
			'--max-file-size <size>',
			'skip larger files, as in 500k or 2M (at first 1M, at most 64M); kept for the folder',
			sizeUpTo('64M'),
		)
		.option('--priority <number>', '-100 to 100; higher runs first', integerFrom(-100, 100))
		.option('-y, --yes', 'ask nothing: also for / and the home folder')
		.addOption(
			new Option('--delete', 'delete the index of the folder, not the folder').conflicts([
				'wait',
				'watch',
				'exclude',
				'defaultExcludes',
				'maxFileSize',
				'priority',
			]),
		)
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica index --wait', 'index the current folder, and see how it goes'],
				['semantica index --watch', 'keep its index current without an editor'],
				['semantica index ~/src/linux', 'index in the background'],
				["semantica index -x 'vendor/' -x '*.min.js'", 'leave some files out'],
			),
		)
		.action((folder: string, options: Options) =>
			options.delete === true
				? deleteIndex(context, folder, options)
				: indexFolder(context, folder, options),
		);
	addIndexStatusCommand(index, context);
	addIndexMeaningCommand(index, context);
}

/** The folder itself may be gone long since. */
async function deleteIndex(context: Context, folder: string, options: Options): Promise<void> {
	const path = resolve(context.cwd(), folder);
	const workspace = pathToFileURL(path).href;
	const answer = await using(connectOrStart(context.daemon), (connection) =>
		connection.request('index/delete', { workspace }),
	);
	if (options.json) context.out.json(answer);
	else if (answer.deleted) context.out.say(`Deleted the index of ${path}.`);
	else throw new CliError(`${path} has no index. Those there are: semantica status`);
}

async function indexFolder(context: Context, folder: string, options: Options): Promise<void> {
	const path = resolve(context.cwd(), folder);
	await assertFolder(path);
	if (options.yes !== true) await assertMeant(context, path);
	const payload = {
		...(options.exclude === undefined ? {} : { exclude: options.exclude || [] }),
		...given({ defaultExcludes: options.defaultExcludes }),
		...(options.maxFileSize === undefined ? {} : { maxFileBytes: options.maxFileSize }),
	};
	const spec: JobSpecInput & { workspace: string } = {
		type: 'index.workspace',
		workspace: pathToFileURL(path).href,
		// Started by hand, so at any charge.
		constraints: { minBattery: 0 },
		...given({ notify: notifyOf(context, options) }),
		...(Object.keys(payload).length === 0 ? {} : { payload }),
		...(options.priority === undefined ? {} : { priority: options.priority }),
	};
	if (options.watch === true) return watchAndIndex(context, path, spec);
	await finishEnqueue(context, await submit(context.daemon, [{ ...spec, key: newKey() }]), {
		wait: options.wait === true,
		json: options.json === true,
		log: false,
	});
}

/** All of a machine, or of a home, is seldom meant, and takes hours. */
async function assertMeant(context: Context, path: string): Promise<void> {
	const real = await realpath(path);
	const home = await realpath(homedir()).catch(() => homedir());
	const what = dirname(real) === real ? 'all of this machine' : 'the home folder with all in it';
	if (!isInside(home, real) && dirname(real) !== real) return;
	if (context.stdin.isTTY === true && context.out.terminal) {
		if (await agrees(context, `${path} is ${what}. Index it?`)) return;
		throw new CliError('Nothing was indexed.');
	}
	throw new CliError(
		`${path} is ${what}, which is seldom meant. Index a project in it, or say --yes.`,
	);
}

// Said here, so that a typing error does not start a daemon.
async function assertFolder(path: string): Promise<void> {
	const found = await stat(path).catch((error: unknown) => {
		const why = errorCode(error) === 'ENOENT' ? 'there is no such folder' : errorMessage(error);
		throw new CliError(`Cannot index ${path}: ${why}.`);
	});
	if (!found.isDirectory()) throw new CliError(`Cannot index ${path}: it is not a folder.`);
}
