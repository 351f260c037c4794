#!/usr/bin/env node
/** The command line: docs/design.md section 8. */
import './guard.ts';
import { CommanderError } from 'commander';
import { readBuildInfo } from '../../shared/build.ts';
import { dataFolder, dataPaths } from '../../shared/paths.ts';
import type { Context } from './context.ts';
import { describeFailure, EXIT, usageError } from './errors.ts';
import { createOutput, endOnFailedWrites } from './output.ts';
import { createProgram, withoutPrefix } from './program.ts';

async function main(args: readonly string[]): Promise<void> {
	endOnFailedWrites(process.stdout, process.stderr);
	const { env } = process;
	// Until a command knows its options; what stands behind -- is never ours.
	const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
	let json = ours.includes('--json');
	const context: Context = {
		cwd: process.cwd(),
		env,
		stdin: process.stdin,
		out: createOutput(process.stdout, env),
		err: createOutput(process.stderr, env),
		daemon: {
			paths: dataPaths(dataFolder(env)),
			distFolder: __dirname,
			build: readBuildInfo(__dirname),
			execPath: process.execPath,
			env,
		},
	};
	try {
		const words = args.length === 0 ? ['--help'] : args;
		const program = createProgram(context, { quiet: json });
		program.hook('preAction', (_program, command) => {
			json = command.opts()['json'] === true;
		});
		await program.parseAsync(words, { from: 'user' });
	} catch (error) {
		process.exitCode = report(error, context, json);
	}
}

/** Says what went wrong and returns the exit code. Commander has said its part to people already. */
function report(error: unknown, { err }: Context, json: boolean): number {
	if (error instanceof CommanderError) {
		if (error.exitCode === 0) return EXIT.done;
		if (json) err.json(describeFailure(usageError(withoutPrefix(error.message))).wire);
		return EXIT.usage;
	}
	const failure = describeFailure(error);
	if (json) err.json(failure.wire);
	else err.say(failure.message, err.style.red);
	return failure.exitCode;
}

void main(process.argv.slice(2));
