/** The files of segments: written whole or not at all, and never changed. */
import {
	closeSync,
	existsSync,
	fsyncSync,
	ftruncateSync,
	mkdirSync,
	openSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '../../../shared/errors.ts';

const FOLDER = 'segments';
const UNFINISHED = '.tmp';

/** @param folder The folder of the index. */
export const segmentFile = (folder: string, id: number): string =>
	join(folder, FOLDER, `${id}.seg`);

const damageMark = (folder: string, id: number): string => join(folder, FOLDER, `${id}.damaged`);

/** Says to the next walk that its files must be read again. */
export const markDamaged = (folder: string, id: number): void =>
	writeFileSync(damageMark(folder, id), '');

/** A segment that is on disk, and nobody's yet. */
export interface StagedSegment {
	/** In the transaction that writes its row: only this gives it a name that a sweep spares. */
	name(id: number): void;
	/** It is not wanted. */
	drop(): void;
}

let staged = 0;

/** Written before the transaction, so that no other writer waits for the disk. */
export function stageSegment(folder: string, bytes: Buffer): StagedSegment {
	const unfinished = join(folder, FOLDER, `${process.pid}-${staged++}${UNFINISHED}`);
	writeDurably(unfinished, bytes);
	return {
		name(id) {
			const file = segmentFile(folder, id);
			try {
				renameSync(unfinished, file);
			} catch (error) {
				if (errorCode(error) !== 'ENOENT') throw error;
				// A walk has swept meanwhile; it cannot now.
				writeDurably(unfinished, bytes);
				renameSync(unfinished, file);
			}
		},
		drop() {
			rmSync(unfinished, { force: true });
		},
	};
}

function writeDurably(file: string, bytes: Buffer): void {
	mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
	const fd = openSync(file, 'w', 0o600);
	try {
		writeFileSync(fd, bytes);
		fsyncSync(fd);
	} catch (error) {
		// What there was room for is room for something else.
		ftruncateSync(fd);
		throw error;
	} finally {
		closeSync(fd);
	}
}

/** Whether it is there, whole by its size, and nobody has met damage in it. */
export const isSound = (folder: string, id: number, bytes: number): boolean =>
	statSync(segmentFile(folder, id), { throwIfNoEntry: false })?.size === bytes &&
	!existsSync(damageMark(folder, id));

/** Of all segments of an index. */
export function segmentBytes(folder: string): number {
	let bytes = 0;
	for (const name of namesIn(folder)) {
		bytes += statSync(join(folder, FOLDER, name), { throwIfNoEntry: false })?.size ?? 0;
	}
	return bytes;
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(join(folder, FOLDER));
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return [];
		throw error;
	}
}

/** Another process may still read it: where that forbids it, the next sweep takes it. */
export function removeSegment(folder: string, id: number): void {
	try {
		rmSync(segmentFile(folder, id), { force: true });
	} catch (error) {
		if (!['EPERM', 'EBUSY', 'EACCES'].includes(errorCode(error) ?? '')) throw error;
	}
}

/** Removes what no row names. Only while nobody writes rows: a file comes before its own. */
export function removeStrays(folder: string, known: ReadonlySet<number>): void {
	for (const name of namesIn(folder)) {
		const id = /^(\d+)\.seg$/.exec(name)?.[1];
		if (id === undefined) rmSync(join(folder, FOLDER, name), { force: true });
		else if (!known.has(Number(id))) removeSegment(folder, Number(id));
	}
}
