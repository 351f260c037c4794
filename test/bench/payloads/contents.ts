/** A thousand payloads of the kinds that AI jobs carry, one megabyte each, no two the same. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const MEGABYTE = 1_000_000;
export const KINDS = ['vectors', 'source', 'random'] as const;
export type Kind = (typeof KINDS)[number];

/** Embedding vectors as JSON: numbers with the digits of a 32-bit float. */
export function vectors(bytes: number): Buffer {
	const list: string[] = [];
	for (let length = 0; length < bytes; ) {
		const values = Array.from({ length: 768 }, () =>
			Math.fround(Math.random() - 0.5).toPrecision(7),
		);
		const text = `[${values.join(',')}]`;
		list.push(text);
		length += text.length + 1;
	}
	const text = `{"vectors":[${list.join(',')}]}`;
	return Buffer.from(`${text.slice(0, bytes - 4)}0]]}`);
}

/** Source text, taken at chance places of what stands in node_modules. */
export function createSource(): (bytes: number) => Buffer {
	const pieces: Buffer[] = [];
	for (const name of ['zod', 'vitest', 'fast-check', 'vscode-languageserver-protocol', 'execa']) {
		for (const file of readdirSync(join('node_modules', name), {
			recursive: true,
			encoding: 'utf8',
		})) {
			if (/\.(js|cjs|mjs|ts)$/.test(file))
				pieces.push(readFileSync(join('node_modules', name, file)));
		}
	}
	const text = Buffer.concat(pieces);
	return (bytes) => {
		const at = Math.floor(Math.random() * (text.length - bytes));
		return Buffer.concat([Buffer.from(`// ${Math.random()}\n`), text.subarray(at)], bytes);
	};
}

/** Writes `count` files, the kinds in turns, and tells their paths. */
export function writeContents(folder: string, count: number): { kind: Kind; file: string }[] {
	const source = createSource();
	const make = { vectors, source, random: randomBytes } satisfies Record<
		Kind,
		(bytes: number) => Buffer
	>;
	return Array.from({ length: count }, (_, index) => {
		const kind = KINDS[index % KINDS.length] ?? 'random';
		const file = join(folder, `${index}.${kind}`);
		writeFileSync(file, make[kind](MEGABYTE));
		return { kind, file };
	});
}
