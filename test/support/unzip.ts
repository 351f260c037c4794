/** Unpacks a ZIP file as vsce writes it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const CENTRAL = 0x02014b50;
const END = Buffer.from([0x50, 0x4b, 0x05, 0x06]);

/** @returns the paths in it. */
export function unzip(file: string, into: string): string[] {
	const zip = readFileSync(file);
	const paths: string[] = [];
	let at = zip.readUInt32LE(zip.lastIndexOf(END) + 16);
	while (zip.readUInt32LE(at) === CENTRAL) {
		const stored = zip.readUInt16LE(at + 10) === 0;
		const size = zip.readUInt32LE(at + 20);
		const nameLength = zip.readUInt16LE(at + 28);
		const local = zip.readUInt32LE(at + 42);
		const path = zip.toString('utf8', at + 46, at + 46 + nameLength);
		const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
		const content = zip.subarray(start, start + size);
		const target = join(into, path);
		mkdirSync(dirname(target), { recursive: true });
		writeFileSync(target, stored ? content : inflateRawSync(content));
		paths.push(path);
		at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
	}
	return paths;
}
