#!/usr/bin/env node
/**
 * Where the program begins. `semantica mcp` is started by every window of every host, so it is not made to load the
 * command line, and the command line does not load it.
 */
import './guard.ts';
import { mcpOptions } from './mcp/options.ts';

async function start([command, ...args]: readonly string[]): Promise<void> {
	const options = command === 'mcp' ? mcpOptions(args) : undefined;
	if (options === undefined) {
		await import('./main.ts');
		return;
	}
	const { serveMcp } = await import('./mcp/main.ts');
	serveMcp(options, __dirname);
}

void start(process.argv.slice(2));
