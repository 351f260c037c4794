import { resolve } from 'node:path';
import type { Command } from 'commander';
import { connectOrStart, using } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { CliError, usageError } from '../../errors.ts';
import { collect } from '../../parse/values.ts';
import { examples, JSON_OPTION } from '../help.ts';
import { addPasswordOptions, askAtTerminal, type PasswordOptions, passwordOf } from './password.ts';

interface JoinOptions extends PasswordOptions {
	readonly name: string;
	readonly label?: string[];
	readonly listenUrl?: string;
	readonly json?: boolean;
}

export function addJoinCommand(fleet: Command, context: Context): void {
	addPasswordOptions(
		fleet
			.command('join')
			.summary('join a shared queue: from then on this machine can submit and watch')
			.description(
				'Joining accepts nothing: work of others runs here only after semantica fleet accept. The address and its password are ' +
					'kept in fleet.json in the data folder, readable by you alone, because the daemon connects without you.',
			)
			.argument('<address>', 'as in postgres://box@db.example.com:6432/semantica'),
	)
		.requiredOption('--name <name>', 'what others call this machine')
		.option(
			'--listen-url <address>',
			'past a pooler, for notifications alone: work is heard of at once',
		)
		.option('--label <text>', 'shown to others (repeatable)', collect)
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples([
				'semantica fleet join postgres://box@db:6432/semantica --name box',
				'asks for the password',
			]),
		)
		.action(async (address: string, options: JoinOptions) => {
			const asks =
				options.passwordCommand === undefined && !/^[a-z]+:\/\/[^@/]*:[^@/]*@/.test(address);
			const password = asks ? await askAtTerminal(context) : undefined;
			const { passwordCommand, ca, name, label = [], listenUrl } = options;
			await using(connectOrStart(context.daemon), async (connection) => {
				const joined = await connection.request('fleet/join', {
					address,
					name,
					labels: label,
					...(password === undefined ? {} : { password }),
					...(passwordCommand === undefined ? {} : { passwordCommand }),
					...(listenUrl === undefined ? {} : { listenAddress: listenUrl }),
					...(ca === undefined ? {} : { ca: resolve(context.cwd(), ca) }),
				});
				if (options.json === true) context.out.json(joined);
				else {
					context.out.say(
						`Joined as ${joined.name}. The key of this machine, for others to accept: ${joined.key}`,
					);
					context.out.say('No work of others is taken here yet: semantica fleet accept KEY');
				}
			});
		});
}

export function addKeyCommand(fleet: Command, context: Context): void {
	fleet
		.command('key')
		.summary('print the key by which others know this machine')
		.option(...JSON_OPTION)
		.action(({ json }: { json?: boolean }) =>
			using(connectOrStart(context.daemon), async (connection) => {
				const answer = await connection.request('fleet/key', {});
				if (json === true) context.out.json(answer);
				else context.out.say(answer.key);
			}),
		);
}

interface ForgetOptions extends PasswordOptions {
	readonly json?: boolean;
}

export function addForgetCommand(fleet: Command, context: Context): void {
	addPasswordOptions(
		fleet
			.command('forget')
			.summary('remove a machine that will not come back; for whoever owns the database')
			.argument('<name>', 'of the machine')
			.argument('<address>', 'of the owner, as for init'),
	)
		.option(...JSON_OPTION)
		.action(async (name: string, address: string, options: ForgetOptions) => {
			const { forgetInFleet } = await import('../../../fleet/owner.ts');
			const owner = { address, password: passwordOf(context, options), ca: options.ca };
			const forgotten = await forgetInFleet(owner, name);
			if (!forgotten) throw new CliError(`There is no machine "${name}" in that shared queue.`);
			if (options.json === true) context.out.json({ forgotten });
			else
				context.out.say(
					`${name} is forgotten; what it held waits again, or has failed as interrupted.`,
				);
		});
}

interface AcceptOptions {
	readonly commands?: boolean;
	readonly shell?: boolean;
	readonly recipe?: string[];
	readonly pool?: string[];
	readonly atMost?: string;
	readonly secret?: string[];
	readonly repo?: string[];
	readonly remove?: boolean;
	readonly yes?: boolean;
	readonly json?: boolean;
}

export function addAcceptCommand(fleet: Command, context: Context): void {
	fleet
		.command('accept')
		.summary('say whose work may run here, and whose word about yours is believed')
		.description(
			'Without --commands and --recipe nothing of theirs runs here: only what that machine says of your jobs is believed. ' +
				'Recipes stand in fleet.json; --commands is any program, with all your rights. A rule replaces the one before.',
		)
		.argument('<key>', 'what semantica fleet key says there; self for this machine')
		.option('--recipe <name>', 'this recipe of fleet.json (repeatable)', collect)
		.option('--commands', 'any program; asks you to confirm')
		.option('--shell', 'with --commands: lines for a shell too')
		.option('--pool <name>', 'also what is meant for this pool (repeatable)', collect)
		.option('--at-most <number>', 'so many at once (default: 1)')
		.option(
			'--secret <name>',
			'it may use this value of "secrets" in fleet.json (repeatable)',
			collect,
		)
		.option('--repo <folder>', 'it may run in this checkout (repeatable)', collect)
		.option('--remove', 'take the rule away')
		.option('--yes', 'confirm --commands without being asked')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica fleet accept Fabc… --recipe test', 'what the recipe says, and nothing else'],
				['semantica fleet accept Fabc… --commands --pool gpu --at-most 2', 'anything, two at once'],
				['semantica fleet accept Fabc…', 'believe what it says of your jobs'],
			),
		)
		.action(async (key: string, options: AcceptOptions) => {
			const cwd = context.cwd();
			const {
				commands = false,
				shell = false,
				recipe = [],
				pool = [],
				secret = [],
				repo = [],
			} = options;
			if (shell && !commands) throw usageError('--shell goes with --commands.');
			if (commands && options.yes !== true) await confirm(context, key);
			await using(connectOrStart(context.daemon), async (connection) => {
				const answer = await connection.request(
					'fleet/accept',
					options.remove === true
						? { key, remove: true }
						: {
								key,
								commands,
								shell,
								recipes: recipe,
								pools: pool,
								atMost: Number(options.atMost ?? 1),
								secrets: secret,
								repos: repo.map((folder) => resolve(cwd, folder)),
							},
				);
				if (options.json === true) context.out.json(answer);
				else if (options.remove === true)
					context.out.say('Nothing of that machine is accepted any more.');
				else if (commands) context.out.say('Whoever has that key may now run any program here.');
				else if (recipe.length > 0) context.out.say(`It may run ${recipe.join(', ')} here.`);
				else
					context.out.say('What it says of your jobs is believed; nothing of its own runs here.');
			});
		});
}

async function confirm(context: Context, key: string): Promise<void> {
	if (!context.stdin.isTTY) {
		throw usageError(
			'--commands lets that machine run any program here with your rights. Confirm it with --yes.',
		);
	}
	const { createInterface } = await import('node:readline/promises');
	context.err.say(
		`Whoever has the key ${key} may then run any program here, with all your rights.`,
	);
	const asking = createInterface({ input: context.stdin, output: context.err.stream });
	try {
		if ((await asking.question('Type yes to allow it: ')).trim() === 'yes') return;
	} finally {
		asking.close();
	}
	throw new CliError('Nothing was changed.');
}
