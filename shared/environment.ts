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
