/** Colours and symbols as a value, so that renderers are pure functions of what they are given. */
import { styleText } from 'node:util';

type Paint = (text: string) => string;

export interface Style {
	readonly bold: Paint;
	readonly dim: Paint;
	readonly inverse: Paint;
	readonly red: Paint;
	readonly green: Paint;
	readonly yellow: Paint;
	readonly blue: Paint;
	readonly magenta: Paint;
	readonly cyan: Paint;
	readonly symbols: Symbols;
}

export interface Symbols {
	readonly queued: string;
	readonly running: string;
	readonly paused: string;
	readonly succeeded: string;
	readonly failed: string;
	readonly cancelled: string;
	readonly superseded: string;
	readonly expired: string;
	readonly barFull: string;
	readonly barHalf: string;
	readonly barEmpty: string;
	readonly branch: string;
	readonly lastBranch: string;
	/** A line that goes by, one that others join, the last of these, and one to the side. */
	readonly through: string;
	readonly join: string;
	readonly lastJoin: string;
	readonly across: string;
	readonly dot: string;
	readonly ellipsis: string;
	readonly arrow: string;
	readonly warning: string;
}

const UNICODE: Symbols = {
	queued: '○',
	running: '●',
	paused: '‖',
	succeeded: '✓',
	failed: '✗',
	cancelled: '⊘',
	superseded: '»',
	expired: '◌',
	barFull: '━',
	barHalf: '╸',
	barEmpty: '─',
	branch: '├',
	lastBranch: '└',
	through: '│',
	join: '┼',
	lastJoin: '┴',
	across: '─',
	dot: '·',
	ellipsis: '…',
	arrow: '→',
	warning: '▲',
};

const ASCII: Symbols = {
	queued: 'o',
	running: '*',
	paused: '=',
	succeeded: '+',
	failed: 'x',
	cancelled: '-',
	superseded: '>',
	expired: '~',
	barFull: '#',
	barHalf: '#',
	barEmpty: '.',
	branch: '|',
	lastBranch: '`',
	through: '|',
	join: '+',
	lastJoin: '+',
	across: '-',
	dot: '-',
	ellipsis: '...',
	arrow: '->',
	warning: '!',
};

/** What a renderer draws for: a terminal of some width, or anything else (`plain`). */
export interface View {
	readonly style: Style;
	/** Columns; `Infinity` where nothing has to fit. */
	readonly width: number;
	/** Not a terminal: ids in full, nothing cut, words instead of icons. */
	readonly plain: boolean;
}

export function createStyle(options: {
	readonly color: boolean;
	readonly unicode: boolean;
}): Style {
	const paint =
		(format: Parameters<typeof styleText>[0]): Paint =>
		(text) =>
			options.color && text !== '' ? styleText(format, text, { validateStream: false }) : text;
	return {
		bold: paint('bold'),
		dim: paint('dim'),
		inverse: paint('inverse'),
		red: paint('red'),
		green: paint('green'),
		yellow: paint('yellow'),
		blue: paint('blue'),
		magenta: paint('magenta'),
		cyan: paint('cyan'),
		symbols: options.unicode ? UNICODE : ASCII,
	};
}
