/** What `env -0` prints, and which of it a job is to have. */

/** Variables by name. */
export type Variables = Readonly<Record<string, string>>;

/** Of the terminal itself, or of the shell that happened to run in it; and ours, which each job gets anew. */
const OF_THE_TERMINAL =
	/^(_|PWD|OLDPWD|SHLVL|TERM|TERM_.*|COLORTERM|COLUMNS|LINES|PS[0-4]|PROMPT.*|HIST.*|TTY|WINDOWID|TMUX.*|STY|VSCODE_.*|ELECTRON_.*|CHROME_.*|SEMANTICA_.*|GIT_(ASKPASS|EDITOR)|INIT_CWD)$/;

/** Where a program cannot have been meant: `BASH_FUNC_x%%` is a function. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Of variables that are no text, or are the terminal's own, there are none. */
export function parseEnvironment(printed: Uint8Array): Variables {
	const found: [string, string][] = [];
	let from = 0;
	for (let at = printed.indexOf(0); at !== -1; at = printed.indexOf(0, from)) {
		const text = textOf(printed.subarray(from, at));
		from = at + 1;
		const equals = text?.indexOf('=') ?? -1;
		if (text === undefined || equals < 1) continue;
		const name = text.slice(0, equals);
		if (NAME.test(name) && !OF_THE_TERMINAL.test(name)) found.push([name, text.slice(equals + 1)]);
	}
	return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function textOf(bytes: Uint8Array): string | undefined {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

const SECRET_NAME =
	/(TOKEN|SECRET|PASSW(OR)?D|PASSPHRASE|PASSCODE|CREDENTIAL|COOKIE|PRIVATE|APIKEY|ACCESSKEY)|(^|_)(KEY|KEYS|PASS|PWD|PAT|AUTH|DSN|SIGNATURE)(_|$)/i;
const SECRET_VALUE =
	/^(gh[opsur]_|github_pat_|glpat-|sk-|xox[abeprs]-|AKIA|ASIA|npm_|eyJ[\w-]+\.)|-----BEGIN|:\/\/[^/\s:@]*:[^/\s@]+@/;

/** By its name or by what it holds. Paths of sockets and files are named so too, and are none. */
export const looksSecret = (name: string, value: string): boolean =>
	SECRET_VALUE.test(value) || (SECRET_NAME.test(name) && !/^(\/|~\/|[A-Za-z]:\\)/.test(value));

const SHOWN = 100;

/** One line of it, for somebody who may not be the only one that sees the screen. */
export function shownValue(name: string, value: string): string {
	if (looksSecret(name, value)) return '••••••••';
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
	const line = value.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
	return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line;
}
