/** Where a name gets its meaning, by the looks of the line: no grammar, one rule for most languages. */

export interface PlaceInLine {
	readonly start: number;
	/** Of the name. */
	readonly at: number;
	readonly after: number;
	readonly end: number;
}

/** More of a line tells nothing: it is data, or minified. */
const LOOKED_AT = 200;

/** Words that announce a name whatever follows it. */
const ANNOUNCED = new RegExp(
	String.raw`(?:^|[^\w.$])(?:${[
		...[
			'function\\*?',
			'interface',
			'trait',
			'protocol',
			'namespace',
			'module',
			'package',
			'macro_rules!',
		],
		...['def', 'fn', 'func', 'fun', 'sub', 'proc', 'defn', 'defun', 'defmacro', '#\\s*define'],
	].join('|')})\s+(?:\([^()]*\)\s*)?(?:self\.)?$`,
);
/** Words that stand in front of a use, too: in C, `struct name *p`. */
const TYPED = /(?:^|[^\w.$])(?:class|struct|enum|union|record|object|type|typealias|newtype)\s+$/;
const TYPE_BODY =
	/^\s*(?:<[^>]*>\s*)?(?:$|[{(:=]|(?:extends|implements|struct|interface|func|where|with)\b)/;
const BOUND = /(?:^|[^\w.$])(?:const|let|var|val|static|mut|final)\s+$/;
const BOUND_TO = /^\s*(?:$|[:=;]|\s[\w[\].*<>]+\s*(?:=|$))/;
/** Statements that look like the beginning of a function otherwise. */
const STATEMENT =
	/(?:^|[^\w$])(?:return|await|yield|throw|new|if|else|for|while|switch|case|catch|in|of|and|or|not|do|typeof|sizeof|delete|assert|goto|print|echo|raise)\s*$/;
/** Types and modifiers in front of the name of a function or method. */
const SIGNATURE = /^\s*(?:[\w$]+(?:::\w+)*(?:<[^()]*>)?(?:\[\])*[\s*&]+)*(?:#|[\w<>]+::)?$/;
const BODY = /(?:\{|\)\s*->?\s*\S+\s*\{?|,|\(|\)|:)\s*$/;

/** Whether the word at a place is defined there, rather than used. */
export function isDefinition(text: string, { start, at, after, end }: PlaceInLine): boolean {
	if (at - start > LOOKED_AT) return false;
	const before = text.slice(start, at);
	const behind = text.slice(after, Math.min(end, after + LOOKED_AT)).trimEnd();
	if (ANNOUNCED.test(before)) return true;
	if (TYPED.test(before)) return TYPE_BODY.test(behind);
	if (BOUND.test(before)) return BOUND_TO.test(behind);
	// At the left margin: constants of Python, make and shells.
	if (before === '' && /^\s*(?::[^=]*)?:?=[^=]/.test(behind)) return true;
	if (/^\s*=\s*(?:async\s*)?(?:function\b|class\b|lambda\b|\([^)]*\)\s*=>)/.test(behind))
		return true;
	if (!/^\s*(?:<[^()]*>\s*)?\(/.test(behind)) return false;
	if (STATEMENT.test(before) || !SIGNATURE.test(before) || !BODY.test(behind)) return false;
	// In front of a call there is no type, so that only a body tells it from the beginning of a function.
	return /\w[\s*&]+$/.test(before) || behind.endsWith('{') || before === '';
}
