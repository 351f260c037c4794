/** Filters of list as words: `group:my-tests`, `origin:cli`. */
import { usageError } from '../errors.ts';

/** Which option a word stands for, and whether that takes several. */
const TERMS = {
	group: { option: 'group', many: false },
	after: { option: 'after', many: false },
	origin: { option: 'origin', many: true },
	tag: { option: 'tag', many: false },
	queue: { option: 'queue', many: true },
	type: { option: 'type', many: true },
} as const;

export const TERM_NAMES = Object.keys(TERMS).map((name) => `${name}:`);

type Given = Partial<Record<(typeof TERMS)[keyof typeof TERMS]['option'], string | string[]>>;

/** The options with what the words say; a word and its option do not stand beside each other. */
export function withTerms<T extends object>(words: readonly string[], options: T): T {
	const given: Given = {};
	for (const word of words) {
		const [, name = '', value = ''] = /^(\w+):(.*)$/s.exec(word) ?? [];
		const term = Object.entries(TERMS).find(([known]) => known === name)?.[1];
		if (term === undefined || value === '') {
			throw usageError(
				`"${word}" is no filter. Write one of ${TERM_NAMES.join(' ')} with what it is to be, as in group:my-tests; ` +
					'"semantica show" shows one job.',
			);
		}
		const { option, many } = term;
		const before = given[option];
		if (option in options || (before !== undefined && !many)) {
			throw usageError(`${name}: stands there twice.`);
		}
		given[option] = many ? [...(before ?? []), value] : value;
	}
	return { ...options, ...given };
}
