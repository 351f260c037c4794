/** What a power cut would leave of a file: rebuilt from the system calls that wrote it, as strace saw them. */
import type { Random } from './random.ts';
import { type Call, hexBytes } from './strace.ts';

/**
 * What becomes of writes that were not synced: all of them are gone; or only their content, so that the file
 * has its new length with zeros in it; or any part of them, sector by sector.
 */
export type Cut = 'dropped' | 'zeroed' | 'torn';

interface Write {
	readonly offset: number;
	readonly data: Buffer;
}

const SECTOR_BYTES = 512;

export class TracedFile {
	readonly path: string;
	/** The path as `-xx` prints it in a descriptor. */
	readonly #shown: string;
	#synced: Buffer;
	#unsynced: (Write | { readonly length: number })[] = [];
	writes = 0;
	syncs = 0;

	constructor(path: string, content: Buffer) {
		this.path = path;
		this.#shown = `<${[...Buffer.from(path)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}>`;
		this.#synced = content;
	}

	get isSynced(): boolean {
		return this.#unsynced.length === 0;
	}

	/** Takes the next call of a trace made with `-xx -y`; true when it concerned this file. */
	apply({ name, args }: Call): boolean {
		if (!args.slice(0, this.#shown.length + 8).includes(this.#shown)) return false;
		switch (name) {
			case 'pwrite64': {
				const offset = lastNumber(args);
				const data = hexBytes(args);
				this.#unsynced.push({ offset, data });
				this.writes++;
				break;
			}
			case 'ftruncate':
				this.#unsynced.push({ length: lastNumber(args) });
				break;
			case 'fsync':
			case 'fdatasync':
				this.#synced = this.#after((write) => write);
				this.#unsynced = [];
				this.syncs++;
				break;
			default:
				throw new Error(`${name} on ${this.path} is not understood: ${args.slice(0, 200)}`);
		}
		return true;
	}

	image(cut: Cut, random: Random): Buffer {
		if (cut === 'dropped') return this.#synced;
		return this.#after((write, before) => {
			const data = cut === 'zeroed' ? Buffer.alloc(write.data.length) : Buffer.from(write.data);
			if (cut === 'zeroed') return { ...write, data };
			for (let at = 0; at < data.length; at += SECTOR_BYTES) {
				if (random.chance(0.5)) continue;
				const end = Math.min(at + SECTOR_BYTES, data.length);
				data.fill(0, at, end);
				before.subarray(write.offset + at, write.offset + end).copy(data, at);
			}
			return { ...write, data };
		});
	}

	#after(land: (write: Write, before: Buffer) => Write): Buffer {
		let content: Buffer = Buffer.from(this.#synced);
		for (const change of this.#unsynced) {
			if ('length' in change) {
				content = resized(content, change.length);
				continue;
			}
			const { offset, data } = land(change, content);
			if (content.length < offset + data.length) content = resized(content, offset + data.length);
			data.copy(content, offset);
		}
		return content;
	}
}

/** Of a call's arguments; where another thread's call came between, its end stands in a later line. */
function lastNumber(args: string): number {
	return Number(/, (\d+)\)? *(?:= \d+|<unfinished \.\.\.>)$/.exec(args)?.[1]);
}

function resized(content: Buffer, length: number): Buffer {
	const other = Buffer.alloc(length);
	content.copy(other, 0, 0, Math.min(length, content.length));
	return other;
}
