/** Which variables of a job can reach it through a shell, and which must go around it. */
import { COOKIE_NAME } from '../cookie.ts';

/** Variables that a shell reads, sets or drops: they reach the job around the supervisor, by env(1). */
const SHELL_VARIABLES =
	/^(IFS|PWD|OLDPWD|_|ENV|PPID|LINENO|OPTIND|OPTARG|OPTERR|PS[0-4]|CDPATH|MAIL.*|HIST.*|SHELLOPTS|POSIXLY_CORRECT|S?RANDOM|SECONDS|EPOCH.*|UID|EUID|TMOUT|COMP_WORDBREAKS|BASH.*|ZDOTDIR|FPATH|_semantica.*)$/;
/** What sh passes on as it is, and what it would not, as `name=value`. */
export function splitEnvironment(env: Readonly<Record<string, string>>): {
	readonly plain: Record<string, string>;
	readonly odd: string[];
} {
	const plain: Record<string, string> = {};
	const odd: string[] = [];
	for (const [name, value] of Object.entries(env)) {
		// The cookie is ours to give.
		if (name === COOKIE_NAME) continue;
		const passes = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !SHELL_VARIABLES.test(name);
		if (passes) plain[name] = value;
		else odd.push(`${name}=${value}`);
	}
	return { plain, odd };
}
