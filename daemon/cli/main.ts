/** The command line: docs/design.md section 8. */
import { CommanderError } from 'commander';
import { callingJob, daemonAccess } from './access.ts';
import { assertArguments, currentFolder, variable } from './bytes.ts';
import type { Context } from './context.ts';
import { describeFailure, EXIT, usageError } from './errors.ts';
import { createOutput, endOnFailedWrites, type Output } from './output.ts';
import { createProgram, withoutPrefix } from './program.ts';

async function main(args: readonly string[]): Promise<void> {
	endOnFailedWrites(process.stdout, process.stderr);
	const { env } = process;
	// Until a command knows its options; what stands behind -- is never ours.
	const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
	let json = ours.includes('--json');
	const out = createOutput(process.stdout, env);
	const err = createOutput(process.stderr, env);
	try {
		assertArguments(args);
		variable(env, 'SEMANTICA_HOME');
		const context: Context = {
			cwd: currentFolder,
			env,
			stdin: process.stdin,
			out,
			err,
			daemon: daemonAccess(env, __dirname, (sentence) => {
				if (!json) err.say(sentence);
			}),
		};
		const words = args.length === 0 ? ['--help'] : args;
		const program = createProgram(context, { quiet: json });
		program.hook('preAction', (_program, command) => {
			json = command.opts()['json'] === true;
		});
		await program.parseAsync(words, { from: 'user' });
	} catch (error) {
		process.exitCode = report(error, err, json, callingJob(env) !== undefined);
	}
}

/** Says what went wrong and returns the exit code. Commander has said its part to people already. */
function report(error: unknown, err: Output, json: boolean, inJob: boolean): number {
	if (error instanceof CommanderError) {
		if (error.exitCode === 0) return EXIT.done;
		if (json) err.json(describeFailure(usageError(withoutPrefix(error.message))).wire);
		return EXIT.usage;
	}
	const failure = describeFailure(error, inJob);
	if (json) err.json(failure.wire);
	else err.say(failure.message, err.style.red);
	return failure.exitCode;
}

void main(process.argv.slice(2));
