/** Typed reading of the settings that contributions.ts declares. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type ConfigurationScope, type Disposable, workspace } from 'vscode';
import { SemanticaError } from '../shared/errors.ts';
import { dataFolder } from '../shared/paths.ts';
import { SETTINGS, type SettingName, type SettingValue } from './contributions.ts';

export function setting<N extends SettingName>(
	name: N,
	scope?: ConfigurationScope,
): SettingValue<N> {
	const { key, default: fallback } = SETTINGS[name];
	return workspace.getConfiguration(undefined, scope).get<SettingValue<N>>(key, fallback);
}

export function onDidChangeSetting(
	names: readonly SettingName[],
	listener: () => void,
): Disposable {
	return workspace.onDidChangeConfiguration((event) => {
		if (names.some((name) => event.affectsConfiguration(SETTINGS[name].key))) listener();
	});
}

/** The data folder of this window: the setting, else SEMANTICA_HOME, else `~/.semantica`. */
export function configuredHome(): string {
	const named = setting('dataFolder').trim();
	if (named === '') return dataFolder(process.env);
	const path = named.startsWith('~') ? join(homedir(), named.slice(1)) : named;
	if (isAbsolute(path)) return path;
	throw new SemanticaError(
		'VALIDATION',
		`The setting ${SETTINGS.dataFolder.key} must be an absolute path; it is “${named}”.`,
	);
}
