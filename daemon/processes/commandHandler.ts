/** The built-in job type `command`: any program, never through a shell unless asked. */
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SemanticaError } from '../../shared/errors.ts';
import { homeFolder } from '../../shared/paths.ts';
import type { JobHandler } from '../queue/ports/handlers.ts';

const HALF_CHARACTER = /[\ud800-\udbff]$/;

export const commandHandler: JobHandler = {
	type: 'command',
	defaults: { queue: 'default', maxAttempts: 1, restartable: false },
	prepare(spec) {
		const { command } = spec;
		if (command === undefined) {
			throw new SemanticaError(
				'VALIDATION',
				'A job of type "command" needs a command, as in {"command": {"command": "make", "args": ["test"]}}.',
				{ path: 'command' },
			);
		}
		if (command.cwd !== undefined && !isAbsolute(command.cwd)) {
			throw new SemanticaError(
				'VALIDATION',
				`The working folder "${command.cwd}" must be an absolute path.`,
				{ path: 'command.cwd' },
			);
		}
		return { ...spec, title: spec.title ?? titleOf(command.command, command.args) };
	},
	launch(job) {
		const { command } = job;
		if (command === undefined) throw new Error(`Job ${job.id} was stored without its command.`);
		const cwd =
			command.cwd ??
			(job.workspace === null ? homeFolder(process.env) : fileURLToPath(job.workspace));
		const common = { cwd, env: command.env, nice: 0 };
		if (!command.shell) return { ...common, command: command.command, args: command.args };
		const line = [command.command, ...command.args].join(' ');
		return process.platform === 'win32'
			? { ...common, command: process.env['ComSpec'] ?? 'cmd.exe', args: ['/d', '/s', '/c', line] }
			: { ...common, command: '/bin/sh', args: ['-c', line] };
	},
};

/** A command on one line of at most 200 characters, for people. */
export function titleOf(command: string, args: readonly string[]): string {
	const line = [command, ...args].join(' ').replaceAll(/\s+/g, ' ');
	return line.length <= 200 ? line : `${line.slice(0, 199).replace(HALF_CHARACTER, '')}…`;
}
