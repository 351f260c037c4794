/** Where a command writes: knows whether people are looking, in which width and with which colours. */
import { fstatSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import isUnicodeSupported from 'is-unicode-supported';
import { EXIT } from './errors.ts';
import { createStyle, type Style, type View } from './render/style.ts';
import { wrapLines } from './render/text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Output {
	readonly stream: NodeJS.WriteStream;
	readonly terminal: boolean;
	/** Whoever reads may print to the same terminal, as tee does: nothing may be drawn over. */
	readonly piped: boolean;
	/** A terminal that can redraw: progress may move. */
	readonly live: boolean;
	readonly style: Style;
	/** Asked for each drawing, since windows change their width. */
	view(): View;
	/** As they are: laid out for the view. */
	lines(lines: readonly string[]): void;
	/** Sentences, broken between words where the window is narrow. */
	say(text: string, paint?: (line: string) => string): void;
	json(value: unknown): void;
}

export function createOutput(stream: NodeJS.WriteStream, env: Environment): Output {
	const terminal = stream.isTTY === true;
	const style = createStyle({
		color: wantsColor(terminal, env),
		unicode: env['TERM'] !== 'dumb' && isUnicodeSupported() && !namesOtherLocale(env),
	});
	const width = () => (terminal ? columns(stream) : Number.POSITIVE_INFINITY);
	const lines = (all: readonly string[]): void => {
		if (all.length > 0) stream.write(`${all.join('\n')}\n`);
	};
	return {
		stream,
		terminal,
		piped: !terminal && isPipe(stream),
		live: terminal && env['TERM'] !== 'dumb',
		style,
		view: () => ({ style, plain: !terminal, width: width() }),
		lines,
		say: (text, paint = (line) => line) => lines(wrapLines(text, width()).map(paint)),
		json: (value) => {
			stream.write(`${JSON.stringify(value, null, terminal ? 2 : undefined)}\n`);
		},
	};
}

function isPipe(stream: NodeJS.WriteStream): boolean {
	const fd = 'fd' in stream ? stream.fd : undefined;
	if (typeof fd !== 'number') return false;
	try {
		const found = fstatSync(fd);
		return found.isFIFO() || found.isSocket();
	} catch {
		// Started without one, or by a shell of Windows that cannot hand it on.
		return false;
	}
}

function columns(stream: WriteStream): number {
	return stream.columns > 0 ? stream.columns : 80;
}

/** The first of these that is set holds, as in POSIX; where none is, nothing is known. */
export function namesOtherLocale(env: Environment): boolean {
	if (process.platform === 'win32') return false;
	const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
	return locale !== undefined && locale !== '' && !/utf-?8/i.test(locale);
}

/** NO_COLOR and FORCE_COLOR as no-color.org and force-color.org define them; NO_COLOR wins. */
export function wantsColor(terminal: boolean, env: Environment): boolean {
	if (env['NO_COLOR']) return false;
	const force = env['FORCE_COLOR'];
	if (force !== undefined) return force !== '0' && force !== 'false';
	return terminal && env['TERM'] !== 'dumb';
}

/** A reader that left (`| head`) is not an error; a full disk is. Either way nobody hears the rest. */
export function endOnFailedWrites(out: NodeJS.WriteStream, err: NodeJS.WriteStream): void {
	out.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') process.exit();
		err.write(`The output cannot be written: ${error.message}.\n`, () => process.exit(EXIT.error));
	});
	err.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') process.exit();
		process.exit(EXIT.error);
	});
}
