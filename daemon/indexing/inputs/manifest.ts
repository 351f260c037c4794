/** Which files had which content, packed: who compares finds out what changed, and reads only what may have. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Mode and content, and a stamp by which a file that was not touched is known; '' is of no use. */
export interface InputFile {
	readonly content: string;
	readonly stamp: string;
}

export interface Manifest {
	readonly files: ReadonlyMap<string, InputFile>;
	/** Digests of what else it depends on, by a name for people. */
	readonly others: Readonly<Record<string, string>>;
}

const MOST_BYTES = 1024 * 1024;
/** Of one, unpacked. */
const MOST_UNPACKED = 64 * 1024 * 1024;

/** Null where it would take too much room. */
export function packed({ files, others }: Manifest): Buffer | null {
	const rows = [...files].map(([path, { content, stamp }]) => [path, content, stamp]);
	const bytes = zstdCompressSync(JSON.stringify({ rows, others }));
	return bytes.length <= MOST_BYTES ? bytes : null;
}

/** Undefined where there is none that can be read. */
export function unpacked(bytes: Uint8Array | null): Manifest | undefined {
	if (bytes === null) return undefined;
	try {
		const text = zstdDecompressSync(bytes, { maxOutputLength: MOST_UNPACKED }).toString();
		const { rows, others } = JSON.parse(text) as {
			rows: [string, string, string][];
			others: Record<string, string>;
		};
		return {
			files: new Map(rows.map(([path, content, stamp]) => [path, { content, stamp }])),
			others,
		};
	} catch {
		return undefined;
	}
}

/** In words for people; undefined where nothing that is known differs. */
export function difference(before: Manifest, now: Manifest): string | undefined {
	for (const [name, digest] of Object.entries(now.others)) {
		if (before.others[name] !== digest) return `${name} changed`;
	}
	const changed: string[] = [];
	for (const [path, { content }] of now.files) {
		const known = before.files.get(path);
		if (known === undefined) changed.push(`${path} is new`);
		else if (known.content !== content) changed.push(`${path} changed`);
	}
	for (const path of before.files.keys()) if (!now.files.has(path)) changed.push(`${path} is gone`);
	const [first] = changed;
	if (first === undefined) return undefined;
	const more = changed.length - 1;
	return more === 0 ? first : `${first}, and ${more} more`;
}
