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
import { join } from 'node:path';
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

/** On disk when it returns, or not there: only a rename gives it its name. */
export function writeSegment(folder: string, id: number, bytes: Buffer): void {
	const file = segmentFile(folder, id);
	mkdirSync(join(folder, FOLDER), { recursive: true, mode: 0o700 });
	const fd = openSync(file + UNFINISHED, 'w', 0o600);
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
	renameSync(file + UNFINISHED, file);
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

/** Removes what no row names. Only while nobody writes: a file comes before its row. */
export function removeStrays(folder: string, known: ReadonlySet<number>): void {
	for (const name of namesIn(folder)) {
		const id = /^(\d+)\.seg$/.exec(name)?.[1];
		if (id === undefined) rmSync(join(folder, FOLDER, name), { force: true });
		else if (!known.has(Number(id))) removeSegment(folder, Number(id));
	}
}
