/** An answer within the tokens that its caller has room for. */

export interface Counting {
	readonly tokenBudget: number;
	countTokens(text: string): PromiseLike<number>;
}

/**
 * How much of the room the beginning gets. What a job printed matters at its end, what was found at its beginning;
 * the first line says what came of it in either case, and the last what to do next.
 */
const BEGINNING: Readonly<Record<string, number>> = {
	run_job: 0.25,
	wait_job: 0.25,
	read_log: 0.25,
};
const USUAL_BEGINNING = 0.7;
/** What is shorter has no room for a middle that is left out. Characters. */
const LEAST = 400;
/** A cut that still has too many tokens is made again, each time for less. */
const TRIES = 8;

/** The text, or its beginning and its end, with a line between them that says what is missing. */
export async function withinBudget(
	tool: string,
	text: string,
	counting: Counting | undefined,
): Promise<string> {
	if (counting === undefined) return text;
	const { tokenBudget: budget } = counting;
	let tokens = await counting.countTokens(text);
	if (tokens <= budget) return text;
	const share = BEGINNING[tool] ?? USUAL_BEGINNING;
	let room = text.length;
	let cut = text;
	for (let tries = 0; tries < TRIES && tokens > budget; tries++) {
		room = Math.floor(room * Math.min(0.95, (0.95 * budget) / tokens));
		cut = shortened(text, room, share);
		tokens = await counting.countTokens(cut);
	}
	return tokens <= budget ? cut : '';
}

function shortened(text: string, room: number, share: number): string {
	if (room < LEAST) return text.slice(0, room).toWellFormed();
	const headEnd = lineEnd(text, Math.floor(room * share));
	const tailStart = lineStart(text, text.length - (room - headEnd));
	const note = `[${tailStart - headEnd} characters left out: the caller has no room for more. Ask for less, or for a part of it.]`;
	// What others wrote stays in its fence on both sides of the gap.
	const before = fenceAt(text, headEnd);
	const after = fenceAt(text, tailStart);
	return [
		text.slice(0, headEnd).replace(/\n$/, ''),
		...(before === undefined ? [] : [`--- end ${before.mark}`]),
		note,
		...(after === undefined ? [] : [after.opening]),
		text.slice(tailStart),
	]
		.join('\n')
		.toWellFormed();
}

/** Behind the last whole line before that place, unless the line is a long one. */
function lineEnd(text: string, at: number): number {
	const line = text.lastIndexOf('\n', at);
	return line > at / 2 ? line + 1 : at;
}

function lineStart(text: string, at: number): number {
	const line = text.indexOf('\n', at - 1);
	return line < 0 || line - at > (text.length - at) / 2 ? at : line + 1;
}

interface Fence {
	readonly opening: string;
	readonly mark: string;
}

/** The fence that is open at that place: only its own end closes it, whatever stands in it. */
function fenceAt(text: string, at: number): Fence | undefined {
	let fence: Fence | undefined;
	for (const line of text.slice(0, at).split('\n')) {
		if (fence !== undefined) {
			if (line === `--- end ${fence.mark}`) fence = undefined;
			continue;
		}
		const [opening, mark] = /^--- .*\(untrusted: .*\) ([0-9a-f]{6})$/.exec(line) ?? [];
		if (opening !== undefined && mark !== undefined) fence = { opening, mark };
	}
	return fence;
}
