/**
 * Whether tools may send work to other machines, as the data folder says it at this moment: what hosts are shown
 * depends on it, before a daemon is asked. The daemon judges each wish.
 */

/** In the bundle the loader's own, which reads JSON without the modules that main.ts does without. */
declare const require: (file: string) => unknown;

export function mayGoElsewhere(env: Readonly<Record<string, string | undefined>>): boolean {
	const home = env['SEMANTICA_HOME'] || `${env['HOME'] ?? env['USERPROFILE'] ?? ''}/.semantica`;
	// A folder that is not named whole is the daemon's to find.
	if (!/^([/\\]|[A-Za-z]:[/\\])/.test(home)) return false;
	const granted = field(field(read(`${home}/config.json`), 'ai'), 'fleet');
	if (!Array.isArray(granted) || granted.length === 0) return false;
	return field(read(`${home}/fleet.json`), 'joined') !== undefined;
}

function read(file: string): unknown {
	try {
		return require(file);
	} catch {
		// Not there, or not to be understood.
		return undefined;
	}
}

function field(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null
		? (value as Record<string, unknown>)[name]
		: undefined;
}
