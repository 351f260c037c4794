import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Result } from '../../../shared/protocol/requests.ts';
import { connectOrStart, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { waitForJob } from '../follow/wait.ts';
import { given } from '../parse/given.ts';
import { agrees } from '../person.ts';
import { formatCount, plural } from '../render/format.ts';
import { shortId } from '../render/state.ts';
import { oneLine } from '../render/text.ts';
import { examples, JSON_OPTION } from './help.ts';

interface OnOptions {
	readonly endpoint: string;
	readonly model: string;
	readonly keyStdin?: boolean;
	readonly yes?: boolean;
	readonly wait?: boolean;
	readonly json?: boolean;
}

interface OffOptions {
	readonly delete?: boolean;
	readonly json?: boolean;
}

type Plan = Result<'meaning/plan'>;

export function addIndexMeaningCommand(index: Command, context: Context): void {
	const meaning = index
		.command('meaning')
		.summary('find also what means the same, by an endpoint of your own')
		.description(
			'Off unless you switch it on. An indexed folder is then searched by meaning, too: parts of its files, and what ' +
				'is searched for in plain words, are sent to the endpoint that you name, and nowhere else.',
		);
	meaning
		.command('on')
		.summary('switch it on for a folder, once you have seen what it takes')
		.description(
			'Shows what would be sent and where, asks, and then embeds the folder as a job. What changes later is embedded ' +
				'when it is indexed. What is ignored or excluded is never sent. Another endpoint or model asks again.',
		)
		.argument('[folder]', 'an indexed folder', '.')
		.requiredOption(
			'--endpoint <address>',
			"OpenAI's way, as in https://host/v1, or Ollama's, as in http://127.0.0.1:11434; plain http only to this machine",
		)
		.requiredOption('--model <name>', 'of that endpoint')
		.option('--key-stdin', 'read the key of the endpoint from standard input, or ask for it')
		.option('-y, --yes', 'agree without being asked')
		.option('-w, --wait', 'follow the job; Ctrl-C leaves it running')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				[
					'semantica index meaning on --endpoint http://127.0.0.1:11434 --model nomic-embed-text',
					'this folder, by an Ollama here',
				],
				[
					'semantica index meaning on --endpoint https://api.example.com/v1 --model small --key-stdin < key',
					'by a service',
				],
			),
		)
		.action((folder: string, options: OnOptions) => switchOn(context, folder, options));
	meaning
		.command('off')
		.summary('switch it off for a folder; its key is deleted')
		.description(
			'Nothing more is sent for the folder, and the key of its endpoint is deleted. The vectors stay, so that switching ' +
				'it on again with the same model sends only what changed; --delete deletes them, too.',
		)
		.argument('[folder]', 'the folder', '.')
		.option('--delete', 'delete the vectors, too')
		.option(...JSON_OPTION)
		.action((folder: string, options: OffOptions) => switchOff(context, folder, options));
}

async function switchOn(context: Context, folder: string, options: OnOptions): Promise<void> {
	const { endpoint, model, json = false } = options;
	const isAsked = options.yes !== true;
	if (isAsked && (context.stdin.isTTY !== true || !context.out.terminal || json)) {
		throw usageError(
			'Parts of your files would be sent to that endpoint. Call this at a terminal to be shown what, or agree with --yes.',
		);
	}
	const workspace = pathToFileURL(resolve(context.cwd(), folder)).href;
	const key = options.keyStdin === true ? await readKey(context) : undefined;
	await using(connectOrStart(context.daemon), async (connection) => {
		const plan = await connection.request('meaning/plan', { workspace, endpoint, model });
		if (!json) context.out.lines(shown(plan));
		if (isAsked && !(await agrees(context, 'Do you agree?'))) {
			throw new CliError('Nothing was changed, and nothing sent.');
		}
		const { consent } = plan;
		const { job } = await connection.request('meaning/on', {
			workspace,
			endpoint,
			model,
			consent,
			...given({ key }),
		});
		if (options.wait === true) {
			await waitForJob(context, connection, job, { json, log: false });
		} else if (json) context.out.json({ ...plan, job });
		else context.out.say(`Switched on. Follow it with: semantica logs ${shortId(job)} -f`);
	});
}

function shown({ consent, url, cost }: Plan): string[] {
	const about = cost.approximate ? 'about ' : '';
	const fact = (name: string, value: string): string => `  ${name.padEnd(10)}${value}`;
	return [
		oneLine(consent.root),
		fact('sent to', `${oneLine(url)}, model ${oneLine(consent.model)}`),
		fact(
			'now',
			`${about}${plural(cost.chunks, 'part')} of ${plural(cost.files, 'file')}: ${formatCount(cost.characters)} characters, some ${formatCount(cost.tokens)} tokens, ${plural(cost.requests, 'request')}`,
		),
		...(cost.embedded > 0
			? [fact('', `${plural(cost.embedded, 'part')} more are there already`)]
			: []),
		fact('later', 'what changes in them, once it is indexed, and what you or an AI tool'),
		fact('', 'searches for here in plain words'),
		fact('never', 'what is ignored or excluded'),
		...(cost.replaces === undefined
			? []
			: [fact('deleted', `the vectors of ${oneLine(cost.replaces)}`)]),
	];
}

async function switchOff(
	context: Context,
	folder: string,
	{ delete: deleteVectors = false, json }: OffOptions,
): Promise<void> {
	const path = resolve(context.cwd(), folder);
	const workspace = pathToFileURL(path).href;
	const answer = await using(connectOrStart(context.daemon), (connection) =>
		connection.request('meaning/off', { workspace, deleteVectors }),
	);
	if (json) {
		context.out.json(answer);
		return;
	}
	if (!answer.wasOn && !answer.deleted) {
		throw new CliError(`${path} is not searched by meaning. See: semantica index status`);
	}
	const vectors = answer.deleted
		? 'Its vectors are deleted.'
		: 'Its vectors stay: delete them with --delete.';
	context.out.say(`${answer.wasOn ? 'Switched off. ' : ''}${vectors}`);
}

/** Never from an option, which every process may read. */
async function readKey(context: Context): Promise<string> {
	const key = (
		await (context.stdin.isTTY === true ? typedKey(context) : text(context.stdin))
	).trim();
	if (key === '') throw usageError('There is no key on standard input.');
	return key;
}

async function typedKey({ stdin, err }: Context): Promise<string> {
	err.stream.write('Key: ');
	const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
	const asking = createInterface({ input: stdin, output: silent, terminal: true });
	try {
		return await asking.question('');
	} finally {
		asking.close();
		err.stream.write('\n');
	}
}
