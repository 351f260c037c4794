/** What may stand where the cursor is, read off the tree of commands. */
import type { Argument, Command, Option } from 'commander';

export interface Candidate {
	readonly word: string;
	readonly meaning: string;
}

/** Words that are not in the tree: which ones, and of which command they are an argument. */
export interface Wanted {
	readonly kind: 'job' | 'queue' | 'group' | 'setting' | 'schedule' | 'state';
	readonly command: string;
}

export interface Found {
	readonly candidates: readonly Candidate[];
	readonly wanted?: Wanted;
	/** Stands in front of what is wanted: of a list, or of an option with `=`. */
	readonly prefix?: string;
}

const NOTHING: Found = { candidates: [] };

/** @param words Behind the name of the program; the last one is being written. */
export function candidatesFor(program: Command, words: readonly string[]): Found {
	const current = (words.at(-1) ?? '').trim();
	let command = program;
	let open: Option | undefined;
	let position = 0;
	for (const word of words.slice(0, -1)) {
		// What comes then is the command of a job, and none of ours.
		if (word === '--') return NOTHING;
		// Bash takes --option=value apart.
		if (word === '=') continue;
		if (open !== undefined) open = undefined;
		else if (word.startsWith('-')) open = takesNext(optionOf(command, word), word);
		else {
			const below = command.commands.find(
				(one) => one.name() === word || one.aliases().includes(word),
			);
			if (below === undefined) position++;
			else command = below;
		}
	}
	if (open !== undefined) return ofOption(command, open, current === '=' ? '' : current, '');
	const equals = /^(--[\w-]+=)(.*)$/.exec(current);
	if (equals !== null) {
		const option = optionOf(command, current);
		return option === undefined
			? NOTHING
			: ofOption(command, option, equals[2] ?? '', equals[1] ?? '');
	}
	if (current.startsWith('-')) return beginning(current, optionsOf(command));
	if (command.commands.length > 0 && position === 0) {
		return beginning(
			current,
			command.commands.map((below) => ({ word: below.name(), meaning: below.summary() })),
		);
	}
	return ofArgument(command, position, current);
}

function optionOf(command: Command, word: string): Option | undefined {
	const name = word.split('=')[0];
	return command.options.find(({ long, short }) => long === name || short === name);
}

/** The option, where the next word is its value. */
function takesNext(option: Option | undefined, word: string): Option | undefined {
	return option !== undefined && (option.required || option.optional) && !word.includes('=')
		? option
		: undefined;
}

function optionsOf(command: Command): Candidate[] {
	return command
		.createHelp()
		.visibleOptions(command)
		.map(({ long, short, description }) => ({ word: long ?? short ?? '', meaning: description }));
}

const OPTION_KINDS: Readonly<Record<string, Wanted['kind']>> = {
	'--queue': 'queue',
	'--set-queue': 'queue',
	'--group': 'group',
	'--parent': 'job',
	'--after': 'job',
	'--state': 'state',
};

function ofOption(command: Command, option: Option, current: string, equals: string): Found {
	const comma = current.lastIndexOf(',') + 1;
	const prefix = equals + current.slice(0, comma);
	const ofSchedule = command.parent?.name() === 'schedule' && option.long === '--after';
	const kind = ofSchedule ? 'schedule' : OPTION_KINDS[option.long ?? ''];
	if (kind !== undefined) {
		return { candidates: [], wanted: { kind, command: command.name() }, prefix };
	}
	return beginning(
		equals + current,
		(option.argChoices ?? []).map((choice) => ({ word: equals + choice, meaning: '' })),
	);
}

const ARGUMENT_KINDS: Readonly<Record<string, Wanted['kind']>> = {
	id: 'job',
	ids: 'job',
	key: 'setting',
};

function ofArgument(command: Command, position: number, current: string): Found {
	const all: readonly Argument[] = command.registeredArguments;
	const last = all.at(-1);
	const argument = all[position] ?? (last?.variadic === true ? last : undefined);
	if (argument === undefined) return NOTHING;
	const choices = argument.argChoices ?? [];
	if (choices.length > 0) {
		return beginning(
			current,
			choices.map((word) => ({ word, meaning: '' })),
		);
	}
	const kind = argument.name() === 'name' ? kindOfName(command) : ARGUMENT_KINDS[argument.name()];
	return kind === undefined
		? NOTHING
		: { candidates: [], wanted: { kind, command: command.name() } };
}

/** A new schedule has a name of its own. */
function kindOfName(command: Command): Wanted['kind'] | undefined {
	if (command.parent?.name() === 'schedule') {
		return command.name() === 'add' ? undefined : 'schedule';
	}
	return NAME_KINDS[command.name()];
}

const NAME_KINDS: Readonly<Record<string, Wanted['kind']>> = { queue: 'queue', group: 'group' };

function beginning(current: string, all: readonly Candidate[]): Found {
	return { candidates: all.filter(({ word }) => word !== '' && word.startsWith(current)) };
}
