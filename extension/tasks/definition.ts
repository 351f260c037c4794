/** A task of the type `semantica`, as it stands in tasks.json: from there to a job's specification. */
import { resolve } from 'node:path';
import type { JobSpecInput } from '../../shared/job.ts';

export const TASK_TYPE = 'semantica';

export interface TaskPlace {
	readonly name: string;
	readonly folder: { readonly path: string; readonly uri: string | null };
	readonly path: string | undefined;
}

/** @returns a specification, or the field that is not as it must be. */
export function specOfDefinition(
	definition: Readonly<Record<string, unknown>>,
	{ name, folder, path }: TaskPlace,
): { readonly spec: JobSpecInput } | { readonly wrong: string } {
	const {
		command,
		args = [],
		cwd,
		env = {},
		shell,
		pty,
		queue,
		subject,
		priority,
		timeout,
		retries,
	} = definition;
	if (typeof command !== 'string' || command.trim() === '') return { wrong: 'command' };
	if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string'))
		return { wrong: 'args' };
	if (!isOptional(cwd, 'string')) return { wrong: 'cwd' };
	if (!isText(env)) return { wrong: 'env' };
	if (!isOptional(shell, 'boolean')) return { wrong: 'shell' };
	if (!isOptional(pty, 'boolean')) return { wrong: 'pty' };
	if (!isOptional(queue, 'string')) return { wrong: 'queue' };
	if (!isOptional(subject, 'string')) return { wrong: 'subject' };
	if (!isOptional(priority, 'number')) return { wrong: 'priority' };
	if (!isOptional(timeout, 'number')) return { wrong: 'timeout' };
	if (!isOptional(retries, 'number')) return { wrong: 'retries' };
	const waits = { ac: definition['ac'] === true, idle: definition['idle'] === true };
	// A line is for a shell; a program with arguments is started as it stands.
	const inShell = shell ?? args.length === 0;
	const spec: JobSpecInput = {
		type: 'command',
		title: name.slice(0, 200),
		workspace: folder.uri,
		command: {
			command,
			args,
			cwd: resolve(folder.path, cwd ?? ''),
			env: { ...(path === undefined ? {} : { PATH: path }), ...env },
			shell: inShell,
		},
		constraints: {
			minBattery: 0,
			...(waits.ac ? { power: 'ac' as const } : {}),
			...(waits.idle ? { idle: true } : {}),
		},
		...(pty === true ? { pty } : {}),
		...(queue === undefined ? {} : { queue }),
		...(subject === undefined ? {} : { subject }),
		...(priority === undefined ? {} : { priority }),
		...(timeout === undefined ? {} : { timeoutMs: Math.round(timeout * 1000) }),
		...(retries === undefined ? {} : { maxAttempts: Math.round(retries) + 1 }),
	};
	return { spec };
}

interface Types {
	string: string;
	number: number;
	boolean: boolean;
}

function isOptional<T extends keyof Types>(value: unknown, type: T): value is Types[T] | undefined {
	return value === undefined || typeof value === type;
}

const isText = (value: unknown): value is Record<string, string> =>
	typeof value === 'object' &&
	value !== null &&
	Object.values(value).every((one) => typeof one === 'string');
