/** How schemas say which bound a value crosses: words for people, whoever sends the value. */
import type * as z from 'zod';

/** Undefined where the schema library's own words will do. */
export function boundText(issue: z.core.$ZodRawIssue): string | undefined {
	if (issue.code !== 'too_big' && issue.code !== 'too_small') return undefined;
	const big = issue.code === 'too_big';
	const bound = Number(big ? issue.maximum : issue.minimum);
	if (!big && bound === 1 && UNITS.has(issue.origin)) return 'must not be empty';
	const than = big ? 'less' : 'more';
	const limit = issue.inclusive === false ? `${than} than` : `at ${big ? 'most' : 'least'}`;
	return `must be ${limit} ${bound.toLocaleString('en')}${UNITS.get(issue.origin) ?? ''}`;
}

const UNITS: ReadonlyMap<string, string> = new Map([
	['string', ' characters long'],
	['array', ' entries long'],
]);
