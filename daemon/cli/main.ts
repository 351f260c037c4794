#!/usr/bin/env node
/** The command line: docs/design.md section 8. */
import './guard.ts';
import { CommanderError } from 'commander';
import { readBuildInfo } from '../../shared/build.ts';
import { dataFolder, dataPaths } from '../../shared/paths.ts';
import type { Context } from './context.ts';
import { describeFailure, EXIT } from './errors.ts';
import { createOutput, ignoreBrokenPipe } from './output.ts';
import { createProgram } from './program.ts';

async function main(args: readonly string[]): Promise<void> {
	ignoreBrokenPipe([process.stdout, process.stderr]);
	const { env } = process;
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
		await createProgram(context).parseAsync(words, { from: 'user' });
	} catch (error) {
		process.exitCode = report(error, context, args.includes('--json'));
	}
}

/** Says what went wrong and returns the exit code. Commander has said its part already. */
function report(error: unknown, { err }: Context, json: boolean): number {
	if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
	const failure = describeFailure(error);
	if (json) err.json(failure.wire);
	else err.lines([err.style.red(failure.message)]);
	return failure.exitCode;
}

void main(process.argv.slice(2));
