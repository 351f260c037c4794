/** The part of a word that its inflections share, as FTS5's own stemmer has it. */
import type { Sqlite } from '../../sqlite/open.ts';

/** Gives, for a word in lower case, how its forms begin: `indexing` → index, `happily` → happil. */
export type StemOf = (word: string) => string;

/** How every text becomes terms. `remove_diacritics 2`, because 1 leaves those with two accents: `việt`. */
export const TOKENIZER = 'porter unicode61 remove_diacritics 2';

/** `memory` is a private, writable database. */
export function createStemOf(memory: Sqlite): StemOf {
	memory.exec(`
		CREATE VIRTUAL TABLE stems USING fts5 (word, content='', tokenize='${TOKENIZER}');
		CREATE VIRTUAL TABLE stem_terms USING fts5vocab ('stems', 'row');
	`);
	const insert = memory.prepare('INSERT INTO stems (rowid, word) VALUES (1, ?)');
	const terms = memory.prepare<[], { term: string }>('SELECT term FROM stem_terms');
	const clear = memory.prepare("INSERT INTO stems (stems) VALUES ('delete-all')");
	return (word) => {
		insert.run(word);
		const stem = terms.get()?.term ?? word;
		clear.run();
		let shared = 0;
		while (shared < stem.length && stem[shared] === word[shared]) shared++;
		return shared === 0 ? word : word.slice(0, shared);
	};
}
