/** Which environment variables a daemon or a job may inherit: an allow-list, so that editors' internals never leak. */

const NAMES = new Set([
	'PATH',
	'HOME',
	'USER',
	'LOGNAME',
	'SHELL',
	'LANG',
	'LANGUAGE',
	'TERM',
	'TMPDIR',
	'TZ',
	'XDG_RUNTIME_DIR',
	'XDG_CONFIG_HOME',
	'SSH_AUTH_SOCK',
	'CI',
	// What Windows programs need to start at all.
	'APPDATA',
	'COMPUTERNAME',
	'COMSPEC',
	'HOMEDRIVE',
	'HOMEPATH',
	'LOCALAPPDATA',
	'NUMBER_OF_PROCESSORS',
	'PATHEXT',
	'PROCESSOR_ARCHITECTURE',
	'PROGRAMDATA',
	'PROGRAMFILES',
	'SYSTEMDRIVE',
	'SYSTEMROOT',
	'TEMP',
	'TMP',
	'USERNAME',
	'USERPROFILE',
	'WINDIR',
]);

/** Those that belong to a shell, a session or a terminal rather than to the user: whoever asks for a job says his own. */
const SURROUNDING = new Set(['LANG', 'TZ', 'TMPDIR', 'TERM', 'SSH_AUTH_SOCK', 'XDG_RUNTIME_DIR']);
/** Of those, what means something beyond the session of whoever started the daemon. */
const LASTING = new Set(['LANG', 'TZ', 'TMPDIR']);

/** How long the value of one of them may be. */
export const SURROUNDING_CHARS = 4096;
/** A job's limit of open files; what Linux allows at most. */
export const OPEN_FILES = { min: 16, max: 1_073_741_816 } as const;

const isLocale = (name: string): boolean => /^LC_[A-Z]+$/.test(name);

/** Whether a client may say this variable of its surroundings. */
export function isSurrounding(name: string): boolean {
	return SURROUNDING.has(name) || isLocale(name);
}

/** What a job inherits of the daemon's own environment; with `all`, the client has said what surrounds it. */
export function withoutSurroundings(
	inherited: Readonly<Record<string, string>>,
	all: boolean,
): Record<string, string> {
	const kept = Object.entries(inherited).filter(
		([name]) => !isSurrounding(name) || (!all && (LASTING.has(name) || isLocale(name))),
	);
	return Object.fromEntries(kept);
}

/** By these a program of Linux finds the desktop of its user; a daemon has them, no job inherits them. */
const OF_THE_DESKTOP = ['DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY'];

export function desktopVariables(
	source: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
	const kept = OF_THE_DESKTOP.flatMap((name) => {
		const value = source[name];
		return value === undefined ? [] : [[name, value] as const];
	});
	return Object.fromEntries(kept);
}

/** The allowed part of `source`; names are compared without case, as Windows does. */
export function inheritedEnvironment(
	source: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
	const kept: Record<string, string> = {};
	for (const [name, value] of Object.entries(source)) {
		const upper = name.toUpperCase();
		if (value !== undefined && (NAMES.has(upper) || upper.startsWith('LC_'))) kept[name] = value;
	}
	return kept;
}
