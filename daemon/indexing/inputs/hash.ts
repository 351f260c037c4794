/** The state of all that a run depends on. */
import { createHash } from 'node:crypto';
import {
	closeSync,
	constants,
	fstatSync,
	lstatSync,
	openSync,
	readlinkSync,
	readSync,
	type Stats,
	statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorCode } from '../../../shared/errors.ts';
import type { IsLocked } from '../../disks/lockedFiles.ts';
import { settledStamp, stampOf } from '../files/probe.ts';
import { filesOf } from './globs.ts';
import { difference, type InputFile, type Manifest, packed, unpacked } from './manifest.ts';

export interface InputRequest {
	readonly folder: string;
	readonly globs: readonly string[];
	/** Digests of what else it depends on, by a name for people. */
	readonly others: Readonly<Record<string, string>>;
	/** What it reads on stdin: a file. */
	readonly stdin: string | null;
	/** Of the last success. */
	readonly before: Uint8Array | null;
}

export interface InputAnswer {
	/** Undefined: a glob names nothing, so that nobody can say that nothing changed. */
	readonly digest: string | undefined;
	readonly manifest: Uint8Array | null;
	/** Why it is another than before, as far as that is known; of a glob that names nothing, that. */
	readonly why: string | undefined;
}

const CHUNK = 256 * 1024;
/** After so many a look whether it is still wanted. */
const AT_ONCE = 200;

export async function hashInputs(
	request: InputRequest,
	isLocked: IsLocked,
	signal: AbortSignal,
): Promise<InputAnswer> {
	const { folder, globs, stdin } = request;
	const byGlob = await filesOf(folder, globs, process.env, signal);
	for (const [glob, files] of byGlob) {
		if (files.size === 0)
			return { digest: undefined, manifest: null, why: `"${glob}" names no file` };
	}
	const before = unpacked(request.before);
	const paths = [...new Set([...byGlob.values()].flatMap((files) => [...files]))].sort();
	const files = new Map<string, InputFile>();
	const lookAt = createLook(isLocked);
	for (const [n, path] of paths.entries()) {
		if (n % AT_ONCE === AT_ONCE - 1) {
			await nextTurn();
			signal.throwIfAborted();
		}
		files.set(path, lookAt(join(folder, path), before?.files.get(path)));
	}
	const others =
		stdin === null
			? request.others
			: { ...request.others, 'its standard input': lookAt(stdin, undefined).content };
	const manifest: Manifest = { files, others };
	const why = before === undefined ? undefined : difference(before, manifest);
	return { digest: digestOf(manifest), manifest: packed(manifest), why };
}

function digestOf({ files, others }: Manifest): string {
	const hash = createHash('sha256');
	for (const [name, digest] of Object.entries(others).sort()) hash.update(`${name}\0${digest}\0`);
	hash.update('\0');
	for (const [path, { content }] of files) hash.update(`${path}\0${content}\0`);
	return hash.digest('base64url');
}

function createLook(isLocked: IsLocked) {
	const buffer = Buffer.allocUnsafe(CHUNK);

	/** A file that was not touched since is as it was; what is gone, or no file, is that. */
	return (path: string, known: InputFile | undefined): InputFile => {
		try {
			const own = lstatSync(path);
			const link = own.isSymbolicLink() ? `link ${readlinkSync(path)} ` : '';
			if (link === '' && !own.isFile()) return { content: 'no file', stamp: '' };
			if (link === '' && known !== undefined && known.stamp === stampWithMode(own)) return known;
			const about = link === '' ? own : statSync(path);
			if (isLocked(about)) return { content: `${link}${stampWithMode(about)}`, stamp: '' };
			return read(path, link, buffer);
		} catch (error) {
			const code = errorCode(error);
			if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP')
				return { content: 'gone', stamp: '' };
			throw error;
		}
	};
}

function read(path: string, link: string, buffer: Buffer): InputFile {
	const readAt = Date.now();
	// A pipe would be waited for.
	const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
	try {
		const about = fstatSync(file);
		if (!about.isFile()) return { content: `${link}no file`, stamp: '' };
		const hash = createHash('sha256');
		for (let n = readSync(file, buffer); n > 0; n = readSync(file, buffer)) {
			hash.update(buffer.subarray(0, n));
		}
		// 128 bits: nobody finds two files of one content by chance.
		const content = `${link}${modeOf(about)} ${hash.digest('base64url').slice(0, 22)}`;
		const settled = link === '' && settledStamp(about, readAt) !== '';
		return { content, stamp: settled ? stampWithMode(about) : '' };
	} finally {
		closeSync(file);
	}
}

const modeOf = ({ mode }: Stats): string => (mode & 0o777).toString(8);
const stampWithMode = (about: Stats): string => `${stampOf(about)}:${modeOf(about)}`;
