/** Regular forms of English words, by rules: the index holds words as they are written. */

const WORD = /^[a-z]{3,24}$/;
const VOWEL = /[aeiouy]/;
const DOUBLED = /([bdfgmnprtv])\1$/;
/** One vowel and one consonant: the last letter is written twice before -ed and -ing. */
const DOUBLES = /^[^aeiou]*[aeiou][bdgmnprt]$/;
const HISSES = /(?:s|x|z|ch|sh)$/;

/** The forms of a word in lower case, without itself; of what is none also some that do not exist. */
export function formsOf(word: string): string[] {
	if (!WORD.test(word)) return [];
	const forms = new Set(basesOf(word).flatMap(inflected));
	forms.delete(word);
	return [...forms];
}

/** What a word and all its forms begin with. */
export function stemOf(word: string): string {
	let stem = word;
	for (const form of formsOf(word)) {
		let shared = 0;
		while (shared < stem.length && stem[shared] === form[shared]) shared++;
		stem = stem.slice(0, shared);
	}
	return stem;
}

function basesOf(word: string): string[] {
	const ending = /(?:ies|ied|ing|ed|(?<![suix])s)$/.exec(word)?.[0] ?? '';
	const root = word.slice(0, word.length - ending.length);
	if (ending === '' || root.length < (ending === 's' ? 2 : 3) || !VOWEL.test(root)) return [word];
	if (ending === 'ies' || ending === 'ied') return [`${root}y`];
	// indexes, uses
	if (ending === 's')
		return HISSES.test(root.slice(0, -1)) && root.endsWith('e')
			? [root, root.slice(0, -1)]
			: [root];
	if (DOUBLED.test(root)) return [root.slice(0, -1)];
	return [root, `${root}e`];
}

function inflected(base: string): string[] {
	if (/[^aeiou]y$/.test(base)) {
		const root = base.slice(0, -1);
		return [base, `${root}ies`, `${root}ied`, `${base}ing`];
	}
	if (base.endsWith('e')) return [base, `${base}s`, `${base}d`, `${base.slice(0, -1)}ing`];
	const long = DOUBLES.test(base) ? base + base.slice(-1) : base;
	return [base, base + (HISSES.test(base) ? 'es' : 's'), `${long}ed`, `${long}ing`];
}
