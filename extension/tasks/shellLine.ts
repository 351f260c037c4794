/** The line that a shell gets of a task's command and arguments, quoted as the editor does. */
export type Quoting = 'escape' | 'strong' | 'weak';
export type Word = string | { readonly value: string; readonly quoting: Quoting };

export function shellLine(words: readonly Word[], windows: boolean): string {
	return words
		.map((word) => {
			if (typeof word !== 'string') return quoted(word, windows);
			return needsQuotes(word) ? quoted({ value: word, quoting: 'strong' }, windows) : word;
		})
		.join(' ');
}

/** What is not quoted stays to the shell, but for a blank, which would make two words of it. */
const needsQuotes = (word: string) =>
	word === '' || (/\s/.test(word) && !/^(['"]).*\1$/s.test(word));

function quoted({ value, quoting }: Exclude<Word, string>, windows: boolean): string {
	// cmd.exe knows one kind.
	if (windows) return quoting === 'escape' ? value.replace(/[\s&|<>^"]/g, '^$&') : `"${value}"`;
	if (quoting === 'escape') return value.replace(/[\s"'\\$`&|;<>()*?#~!{}[\]]/g, '\\$&');
	if (quoting === 'weak') return `"${value.replace(/[\\"]/g, '\\$&')}"`;
	return `'${value.replaceAll("'", `'\\''`)}'`;
}
