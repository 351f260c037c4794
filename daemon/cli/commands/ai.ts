import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { AI_FLEET_WORDS, AI_RUN_WORDS, typedRule } from '../../../shared/aiTerms.ts';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { AiConfig } from '../../../shared/protocol/ai.ts';
import { connectOrStart, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { ownPath } from '../parse/environment.ts';
import { given } from '../parse/given.ts';
import { collect } from '../parse/values.ts';
import { assertPerson } from '../person.ts';
import { renderPolicy } from '../render/policy.ts';
import { unapproved } from './approve.ts';
import { examples, JSON_OPTION } from './help.ts';

interface PolicyOptions {
	readonly run?: AiConfig['run'];
	readonly fleet?: keyof typeof AI_FLEET_WORDS;
	readonly on?: string;
	readonly pool?: string;
	readonly json?: boolean;
}

export function addAiCommand(program: Command, context: Context): void {
	const ai = program
		.command('ai')
		.summary('what AI tools may do here')
		.description(
			'Says and changes what AI tools may do that ask Semantica to run commands: in which folders, and which. ' +
				'It guards the door for tools; a command that was let in runs with your rights.',
		);
	addSetup(ai, context);
	addPolicy(ai, context);
	addAllow(ai, context);
	addForget(ai, context);
}

function addSetup(ai: Command, context: Context): void {
	ai.command('setup')
		.summary('tell the programs that AI tools run in of Semantica')
		.description(
			'Finds Claude Code, Codex, Cursor, Copilot CLI and VS Code, shows what it would write into their ' +
				'configurations, and writes each after a yes; then a section of AGENTS.md and a skill, for models to read. ' +
				'"undo" takes away what it wrote.',
		)
		.addArgument(new Argument('[undo]', 'take it back').choices(['undo']))
		.option('--print', 'show it, and write nothing')
		.addHelpText(
			'after',
			examples(
				['semantica ai setup', 'look at each change, and decide'],
				['semantica ai setup --print', 'only look'],
				['semantica ai setup undo', 'take it back'],
			),
		)
		.action(async (undo: string | undefined, { print = false }: { print?: boolean }) => {
			const { runSetup } = await import('../setup/main.ts');
			await runSetup(context, { print, undo: undo === 'undo' });
		});
}

function addPolicy(ai: Command, context: Context): void {
	ai.command('policy')
		.summary('who decides about what they run')
		.description(
			`Shows what AI tools may do, or says who decides about commands:\n${words(AI_RUN_WORDS)}\n` +
				`and what they may have run on another machine of a shared queue:\n${words(AI_FLEET_WORDS)}`,
		)
		.addOption(new Option('--run <who>', 'who decides').choices(Object.keys(AI_RUN_WORDS)))
		.addOption(
			new Option('--fleet <what>', 'with --on or --pool: what they may send there').choices(
				Object.keys(AI_FLEET_WORDS),
			),
		)
		.option('--on <machine>', 'a machine of the shared queue')
		.option('--pool <name>', 'a pool of its machines')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica ai policy', 'how it is'],
				['semantica ai policy --run ask', 'ask me about each command that no rule allows'],
				['semantica ai policy --on box --fleet recipes', 'let them call recipes of box'],
			),
		)
		.action(({ run, fleet, on, pool, json }: PolicyOptions) => {
			if ((fleet === undefined) !== (on === undefined && pool === undefined)) {
				throw usageError('--fleet goes with --on or --pool, and each of them with it.');
			}
			const change = given({
				run,
				fleet: fleet === undefined ? undefined : given({ on, pool, may: fleet }),
			});
			const isChange = Object.keys(change).length > 0;
			if (isChange) assertPerson(context);
			return using(connectOrStart(context.daemon), async (connection) => {
				const policy = isChange
					? await connection.request('ai/update', change)
					: await connection.request('ai/policy', {});
				if (json) context.out.json(policy);
				else await show(context, connection, policy);
			});
		});
}

const words = (of: Readonly<Record<string, string>>): string =>
	Object.entries(of)
		.map(([name, meaning]) => `  ${name.padEnd(10)} ${meaning}`)
		.join('\n');

async function show(context: Context, connection: DaemonConnection, policy: AiConfig) {
	const waiting = (await unapproved(connection)).length;
	context.out.lines(renderPolicy(policy, waiting, context.out.view()));
}

function addAllow(ai: Command, context: Context): void {
	ai.command('allow')
		.summary('open a folder to them, or allow a command line')
		.description(
			'Opens a folder to AI tools, this one where none is named; or allows a command line, word for word. ' +
				'Where more arguments may follow, say so with ... at its end. Its program is what this PATH finds now.',
		)
		.argument('[folder or command...]', 'a folder, or the words of a command, best after --')
		.passThroughOptions()
		.option('-e, --env <name>', 'a variable that the command may be given (repeatable)', collect)
		.addHelpText(
			'after',
			examples(
				['semantica ai allow', 'tools may work in this folder'],
				['semantica ai allow -- npm test', 'this command, and nothing after it'],
				['semantica ai allow -e CI -- npm run ...', 'every script of package.json'],
			),
		)
		.action((words: string[], { env = [] }: { env?: string[] }) => {
			assertPerson(context);
			const folder = folderIn(context, words);
			return using(connectOrStart(context.daemon), async (connection) => {
				if (folder !== undefined) {
					await connection.request('ai/folder', { root: folder });
					context.out.say(`AI tools may work in ${folder}.`);
					return;
				}
				const [path = ''] = Object.values(ownPath(context.env));
				const allow = { argv: typedRule(words), path, env };
				await show(context, connection, await connection.request('ai/update', { allow }));
			});
		});
}

function addForget(ai: Command, context: Context): void {
	ai.command('forget')
		.summary('take back what was allowed')
		.description(
			'Closes a folder to AI tools until it is opened in a trusted window again, or takes a rule for a command line ' +
				'back. What runs goes on.',
		)
		.argument('[folder or command...]', 'as it stands in: semantica ai policy')
		.passThroughOptions()
		.addHelpText(
			'after',
			examples(
				['semantica ai forget ~/project', 'tools may not work in it any more'],
				['semantica ai forget -- npm test', 'the rule for it'],
			),
		)
		.action((words: string[]) => {
			assertPerson(context);
			return using(connectOrStart(context.daemon), async (connection) => {
				const { allow, folders } = await connection.request('ai/policy', {});
				const argv = typedRule(words);
				const isRule = allow.some((rule) => sameWords(rule.argv, argv));
				const root = resolve(context.cwd(), words[0] ?? '.');
				if (!isRule && !(words.length <= 1 && folders.includes(root))) {
					throw usageError('Neither a folder nor a rule of that name. See: semantica ai policy');
				}
				const policy = isRule
					? await connection.request('ai/update', { disallow: { argv } })
					: await connection.request('ai/forget', { root });
				await show(context, connection, policy);
			});
		});
}

/** Undefined where the words are a command. */
function folderIn(context: Context, words: readonly string[]): string | undefined {
	if (words.length > 1) return undefined;
	const folder = resolve(context.cwd(), words[0] ?? '.');
	return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? folder : undefined;
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((word, at) => word === b[at]);
}
