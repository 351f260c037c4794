/** Which blocks can have a match, said in trigrams. */

export type KeyQuery =
	/** Any block may. */
	| 'any'
	| { readonly kind: 'key'; readonly key: number }
	| { readonly kind: 'and' | 'or'; readonly of: readonly KeyQuery[] };

export function allOf(parts: readonly KeyQuery[]): KeyQuery {
	const of = parts.filter((part) => part !== 'any');
	const [only] = of;
	if (only === undefined) return 'any';
	return of.length === 1 ? only : { kind: 'and', of };
}

export function anyOf(parts: readonly KeyQuery[]): KeyQuery {
	const [only] = parts;
	if (only === undefined || parts.includes('any')) return 'any';
	return parts.length === 1 ? only : { kind: 'or', of: parts };
}

export const keysAll = (keys: readonly number[]): KeyQuery =>
	allOf(keys.map((key) => ({ kind: 'key', key })));
