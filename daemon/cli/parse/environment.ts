import { variable } from '../bytes.ts';
import { usageError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a command started from here gets on top of the daemon's allow-list: this shell's PATH, so that
 * it finds the same programs, and what `--env` names. `K` alone copies the value from here.
 */
export function commandEnvironment(
	assignments: readonly string[],
	env: Environment,
): Record<string, string> {
	const result: Record<string, string> = { ...ownPath(env) };
	for (const assignment of assignments) {
		const equals = assignment.indexOf('=');
		const name = equals === -1 ? assignment : assignment.slice(0, equals);
		if (name === '') throw usageError(`--env ${assignment}: a variable needs a name.`);
		const value = equals === -1 ? variable(env, name) : assignment.slice(equals + 1);
		if (value === undefined) {
			throw usageError(`--env ${name}: it is not set here. Write --env ${name}=VALUE.`);
		}
		result[name] = value;
	}
	return result;
}

/** Windows calls it `Path`; the name is kept as it stands. */
export function ownPath(env: Environment): Record<string, string> {
	const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH');
	const value = name === undefined ? undefined : variable(env, name);
	return name === undefined || value === undefined ? {} : { [name]: value };
}
