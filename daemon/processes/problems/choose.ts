/** Which matchers a command is read with where nobody says: by the programs that it names. */

import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from '../../../shared/jobFields.ts';
import type { BuiltInMatcher } from '../../../shared/problemTerms.ts';
import { answering } from '../../disks/answering.ts';

const PROGRAMS: Readonly<Record<string, readonly BuiltInMatcher[]>> = {
	tsc: ['$tsc'],
	'vue-tsc': ['$tsc'],
	eslint: ['$eslint-stylish', '$eslint-compact'],
	standard: ['$eslint-compact'],
	gcc: ['$gcc'],
	'g++': ['$gcc'],
	cc: ['$gcc'],
	'c++': ['$gcc'],
	clang: ['$gcc'],
	'clang++': ['$gcc'],
	make: ['$gcc'],
	gmake: ['$gcc'],
	ninja: ['$gcc'],
	cmake: ['$gcc'],
	meson: ['$gcc'],
	go: ['$go'],
	pytest: ['$pytest'],
	'py.test': ['$pytest'],
	msbuild: ['$msCompile'],
	dotnet: ['$msCompile'],
	cl: ['$msCompile'],
	csc: ['$msCompile'],
};
/** Programs that run the one that their words name. */
const WRAPPERS =
	/^(?:npx|pnpx|bunx|env|time|nice|ionice|sudo|timeout|xvfb-run|cross-env|dotenv|nohup|stdbuf|node|python[\d.]*|py|uv|uvx|poetry|pipenv|hatch|rye|exec|command|ccache|bear|strace|sh|bash)$/;
const PACKAGE_RUNNERS = /^(?:npm|pnpm|yarn|bun)$/;
/** Words of those that are not the name of a script. */
const RUNNER_WORDS = /^(?:run|run-script|exec|x|dlx|rum|urn)$/;
/** A script calls a script calls a script. */
const MOST_DEPTH = 3;
const PACKAGE_BYTES = 256 * 1024;
const LOOK_MS = 2000;
const MOST_WORDS = 2000;

/** The scripts of the package in whose folder a command runs, by name. */
export type ReadScripts = () => Promise<Readonly<Record<string, unknown>>>;

/** Never rejects: what cannot be read names no program. */
export async function chooseMatchers(
	{ command, args, shell }: Pick<Command, 'command' | 'args' | 'shell'>,
	scripts: ReadScripts,
): Promise<BuiltInMatcher[]> {
	const found = new Set<BuiltInMatcher>();
	let read: ReturnType<ReadScripts> | undefined;

	async function ofLine(line: string, depth: number): Promise<void> {
		for (const words of commandsOf(line)) await ofWords(words, depth);
	}

	async function ofWords(words: readonly string[], depth: number): Promise<void> {
		const [first, ...rest] = words.slice(0, MOST_WORDS);
		if (first === undefined) return;
		const program = nameOf(first);
		for (const matcher of own(PROGRAMS, program) ?? []) found.add(matcher);
		if (WRAPPERS.test(program)) {
			// Which of its words is the program only the wrapper knows.
			for (const word of rest) {
				if (/\s/.test(word)) await ofLine(word, depth);
				else for (const matcher of own(PROGRAMS, nameOf(word)) ?? []) found.add(matcher);
			}
		} else if (PACKAGE_RUNNERS.test(program)) await ofRunner(rest, depth);
	}

	async function ofRunner(words: readonly string[], depth: number): Promise<void> {
		const named = words.filter((word) => !word.startsWith('-') && !RUNNER_WORDS.test(word));
		const [name = ''] = named;
		for (const matcher of own(PROGRAMS, nameOf(name)) ?? []) found.add(matcher);
		if (depth >= MOST_DEPTH || name === '') return;
		read ??= scripts().catch(() => ({}));
		const line = own(await read, name === 't' ? 'test' : name);
		if (typeof line === 'string') await ofLine(line, depth + 1);
	}

	if (shell) await ofLine([command, ...args].join(' '), 0);
	else await ofWords([command, ...args], 0);
	return [...found];
}

/** The commands of a line of shell, roughly: quotes are taken off, and nothing is expanded. */
function commandsOf(line: string): string[][] {
	return line.split(/&&|\|\||[;|&\n()]/).map((part) => {
		const words = part.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
		const plain = words.map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'));
		const start = plain.findIndex((word) => !/^\w+=/.test(word));
		return start < 0 ? [] : plain.slice(start);
	});
}

/** `/usr/bin/x86_64-linux-gnu-gcc-12` is gcc. */
function nameOf(word: string): string {
	const base = word.split(/[\\/]/).at(-1) ?? '';
	const name = base.toLowerCase().replace(/\.(?:exe|cmd|bat|ps1|js|cjs|mjs)$/, '');
	return name.replace(/^(?:[\w.]+-)*(gcc|g\+\+|clang|clang\+\+|cc|c\+\+)(?:-[\d.]+)?$/, '$1');
}

function own<T>(from: Readonly<Record<string, T>>, name: string): T | undefined {
	return Object.hasOwn(from, name) ? from[name] : undefined;
}

/** The scripts of the nearest package.json at or above this folder, where the disk answers soon. */
export async function readScripts(folder: string): Promise<Readonly<Record<string, unknown>>> {
	return answering(folder, () => nearest(folder), LOOK_MS);
}

async function nearest(folder: string): Promise<Readonly<Record<string, unknown>>> {
	for (let at = folder; ; at = dirname(at)) {
		const text = await contentOf(join(at, 'package.json')).catch(() => undefined);
		if (text !== undefined) {
			const { scripts } = JSON.parse(text) as { scripts?: unknown };
			return typeof scripts === 'object' && scripts !== null ? { ...scripts } : {};
		}
		if (dirname(at) === at) return {};
	}
}

async function contentOf(path: string): Promise<string | undefined> {
	// Opening a pipe would wait for who writes to it.
	const about = await stat(path);
	return about.isFile() && about.size <= PACKAGE_BYTES ? readFile(path, 'utf8') : undefined;
}
