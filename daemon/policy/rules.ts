/** Allow rules: whole command lines that a person has allowed, each with where its program was found. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { MORE } from '../../shared/aiTerms.ts';
import { SemanticaError } from '../../shared/errors.ts';
import type { Command } from '../../shared/jobFields.ts';
import type { AllowRule } from '../../shared/protocol/ai.ts';
import { answering } from '../disks/answering.ts';

/** Why no rule lets a command in; `why` names the nearest miss. */
export type Match = { readonly command: Command } | { readonly why: string };

/**
 * The command as the first rule that fits lets it run: its program by its path, with the PATH of the rule, whatever
 * PATH was asked for.
 */
export async function allowedBy(rules: readonly AllowRule[], command: Command): Promise<Match> {
	if (command.shell) return { why: 'a line for a shell matches no rule' };
	const argv = [command.command, ...command.args];
	let why = 'no rule allows this command line';
	for (const rule of rules) {
		if (!fits(rule.argv, argv)) continue;
		const names = Object.keys(command.env).filter((name) => !isPath(name));
		const other = names.find((name) => !rule.env.includes(name));
		if (other !== undefined) {
			why = `the rule for it does not list the variable ${other}`;
			continue;
		}
		const program = await findProgram(command.command, rule.path);
		if (program !== rule.program) {
			why = `${command.command} is not ${rule.program} any more, which the rule allows`;
			continue;
		}
		const listed = Object.entries(command.env).filter(([name]) => rule.env.includes(name));
		const env = { ...Object.fromEntries(listed), PATH: rule.path };
		return { command: { ...command, command: program, env } };
	}
	return { why };
}

/** Why no rule lets a command run on another machine, whose own PATH says what its first word means; undefined: one does. */
export function allowedElsewhere(
	rules: readonly AllowRule[],
	{ command, args, env, shell }: Command,
): string | undefined {
	if (shell) return 'a line for a shell matches no rule';
	const rule = rules.find(({ argv }) => fits(argv, [command, ...args]));
	if (rule === undefined) return 'no rule allows this command line';
	const other = Object.keys(env).find((name) => !rule.env.includes(name));
	return other === undefined ? undefined : `the rule for it does not list the variable ${other}`;
}

/**
 * A rule for a command line, its program looked for in a PATH, of which only absolute folders count.
 * @throws SemanticaError VALIDATION where there is no such program
 */
export async function ruleFor(
	argv: readonly string[],
	path: string,
	env: readonly string[],
): Promise<AllowRule> {
	const [name = ''] = argv;
	const kept = path.split(delimiter).filter(isAbsolute).join(delimiter);
	const program = await findProgram(name, kept);
	if (name === MORE || program === undefined) {
		throw new SemanticaError(
			'VALIDATION',
			`There is no program "${name}" in the absolute folders of PATH. Name one that there is, or give its absolute path.`,
			{ path: 'allow.argv' },
		);
	}
	return { argv: [...argv], program, path: kept, env: [...new Set(env)] };
}

/** Word for word; the last word of a rule may say that more may follow. */
export function fits(rule: readonly string[], argv: readonly string[]): boolean {
	const open = rule.at(-1) === MORE;
	const words = open ? rule.slice(0, -1) : rule;
	if (open ? argv.length < words.length : argv.length !== words.length) return false;
	return words.every((word, at) => word === argv[at]);
}

/** Never through the working folder: a name in PATH, or an absolute path. */
async function findProgram(name: string, path: string): Promise<string | undefined> {
	if (isAbsolute(name)) return (await isProgram(name)) ? name : undefined;
	if (/[\\/]/.test(name) || name === '') return undefined;
	for (const folder of path.split(delimiter)) {
		if (!isAbsolute(folder)) continue;
		for (const file of withExtensions(join(folder, name))) {
			if (await isProgram(file)) return file;
		}
	}
	return undefined;
}

function withExtensions(file: string): string[] {
	if (process.platform !== 'win32') return [file];
	const extensions = (process.env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').toLowerCase().split(';');
	return [...extensions.map((extension) => file + extension), file];
}

function isProgram(file: string): Promise<boolean> {
	return answering(file, async () => {
		if (!(await stat(file)).isFile()) return false;
		await access(file, constants.X_OK);
		return true;
	}).catch(() => false);
}

/** Windows knows it in any case. */
function isPath(name: string): boolean {
	return process.platform === 'win32' ? name.toUpperCase() === 'PATH' : name === 'PATH';
}
