/** The source that is searched, what it defines by universal-ctags, and the programs that others search it with. */
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createRandom } from '../../support/random.ts';

export interface Definition {
	readonly name: string;
	/** Relative to the tree. */
	readonly path: string;
	readonly line: number;
}

export const isInstalled = (program: string): boolean =>
	spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** Wall time of a program that ran to its end, ms; what it prints is read and thrown away. */
export async function timed(
	program: string,
	args: readonly string[],
	options: SpawnOptions = {},
): Promise<number> {
	const began = performance.now();
	const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], ...options });
	child.stdout?.resume();
	await once(child, 'close');
	return performance.now() - began;
}

const KINDS = new Set(['function', 'method', 'class', 'struct', 'interface', 'trait', 'type']);
const SIZE = { least: 6, most: 60 };

/** Names that are defined once, `count` of them, the same ones each time. */
export async function definitionsIn(tree: string, count: number): Promise<Definition[]> {
	const args = ['-R', '--output-format=u-ctags', '--fields=nK', '--sort=no', '-f', '-', '.'];
	const ctags = spawn('ctags', args, { cwd: tree, stdio: ['ignore', 'pipe', 'ignore'] });
	const found = new Map<string, Definition | undefined>();
	for await (const line of createInterface(ctags.stdout as Readable)) {
		const [name = '', file = ''] = line.split('\t', 2);
		const fields = /;"\t(\w+)\tline:(\d+)/.exec(line);
		if (fields === null || name.length < SIZE.least || name.length > SIZE.most) continue;
		if (!/^[A-Za-z_]\w*$/.test(name) || name.startsWith('__anon')) continue;
		if (!KINDS.has(fields[1] ?? '')) continue;
		const path = file.replace(/^\.\//, '');
		found.set(name, found.has(name) ? undefined : { name, path, line: Number(fields[2]) });
	}
	const single = [...found.values()].filter((one) => one !== undefined);
	const random = createRandom(20_261_127);
	const chosen = new Set<Definition>();
	while (chosen.size < Math.min(count, single.length)) {
		const one = single[random.int(0, single.length - 1)];
		if (one !== undefined) chosen.add(one);
	}
	return [...chosen];
}

/** A name as somebody would say it: in words, two at least; undefined where it is one. */
export function saidInWords(name: string): string | undefined {
	const words = name
		.replace(/([a-z0-9])([A-Z])/g, '$1 $2')
		.split(/[_\s]+/)
		.filter((word) => word.length > 1);
	return words.length < 2 ? undefined : words.join(' ').toLowerCase();
}
