/** What surrounds whoever asks for a job, and is to surround the job: its shell's, not those of the daemon's first starter. */
import { readFileSync } from 'node:fs';
import { isSurrounding, OPEN_FILES, SURROUNDING_CHARS } from './environment.ts';
import type { Surroundings } from './jobFields.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** @param limits as /proc shows those of the shell, where it does: Node has raised our own */
export function surroundingsOf(
	env: Environment,
	umask: number,
	limits: string | undefined,
): Surroundings {
	const openFiles = softLimit(limits ?? '');
	const said = Object.entries(env).filter(
		([name, value]) =>
			isSurrounding(name) && value !== undefined && value.length <= SURROUNDING_CHARS,
	);
	return {
		umask,
		...(openFiles === undefined ? {} : { openFiles }),
		env: Object.fromEntries(said) as Record<string, string>,
	};
}

/** Those of a command that was started from a shell. */
export function shellSurroundings(env: Environment): Surroundings {
	return surroundingsOf(env, process.umask(), limitsOf(process.ppid));
}

/** Those of an editor: what its own limits are says nothing about what a person wants for jobs. */
export function editorSurroundings(env: Environment): Surroundings {
	return surroundingsOf(env, process.umask(), undefined);
}

function softLimit(limits: string): number | undefined {
	const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
	if (soft === undefined) return undefined;
	return Math.min(Math.max(Number(soft), OPEN_FILES.min), OPEN_FILES.max);
}

function limitsOf(pid: number): string | undefined {
	try {
		return readFileSync(`/proc/${pid}/limits`, 'latin1');
	} catch {
		return undefined;
	}
}
