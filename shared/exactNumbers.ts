/** JSON whose numbers say the same after they were read and written again, whatever a double can hold. */

interface SourceTexts {
	/** What stringify writes as it is. Part of every Node that is supported; TypeScript's library does not know it yet. */
	rawJSON(text: string): unknown;
	parse(
		text: string,
		reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
	): unknown;
}
const { rawJSON, parse } = JSON as unknown as SourceTexts;

/**
 * Seldom: more digits than a double is sure to hold, an exponent, a zero below zero. A number stands at the beginning or
 * behind one of these; text that looks like it only costs time.
 */
const MAY_CHANGE = /(?:^|[[,:\s])-?(?:\d[\d.]{15}|\d[\d.]*[eE]|(?<=-)0)/;

/** Like JSON.parse; a number that would change becomes an object that JSON.stringify writes as it stood. */
export function parseExactly(text: string): unknown {
	if (!MAY_CHANGE.test(text)) return JSON.parse(text);
	return parse(text, (_key, value, { source }) =>
		typeof value === 'number' && source !== undefined && changes(value, source)
			? rawJSON(source)
			: value,
	);
}

// 1.50 and 15e-1 are the number that they are written as in another way.
function changes(value: number, source: string): boolean {
	if (!Number.isFinite(value) || Object.is(value, -0)) return true;
	return digits(String(value)) !== digits(source);
}

/** Its digits without what only says where they stand. */
function digits(number: string): string {
	const [mantissa = ''] = number.toLowerCase().split('e');
	return mantissa.replaceAll(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
}
