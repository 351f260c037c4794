/**
 * `semantica mcp`: a server for AI tools on standard input and output. This much is loaded at its start; the rest
 * with the first message that asks for more than what is there to ask for. It imports no module of Node: the first
 * one, node:fs above all, costs a third of Node's own start.
 */
import { mayGoElsewhere } from './elsewhere.ts';
import { endWithHost } from './lifetime.ts';
import type { McpOptions } from './options.ts';
import { createOpening, type Message } from './protocol/opening.ts';
import { openWire } from './protocol/wire.ts';

/** Put in by esbuild.mjs. */
declare const SEMANTICA_VERSION: string;

const FOR_PEOPLE =
	'This waits for an AI tool on standard input. How to set one up: semantica mcp --help. Ctrl-C ends it.\n';

export function serveMcp(asked: McpOptions, distFolder: string): void {
	const options = { ...asked, elsewhere: mayGoElsewhere(process.env) };
	const opening = createOpening(options, SEMANTICA_VERSION);
	endWithHost(() => process.exit(0));
	process.once('exit', () => letGoOf(distFolder));
	if (process.stdin.isTTY) process.stderr.write(FOR_PEOPLE);
	let receive: ((message: Message) => void) | undefined;
	const early: Message[] = [];

	const wire = openWire(process.stdin, process.stdout, (message) => {
		if (receive !== undefined) {
			receive(message);
			return;
		}
		const answer = early.length > 0 ? undefined : opening.receive(message);
		if (answer === 'nothing') return;
		if (answer !== undefined) {
			void wire.send(answer);
			return;
		}
		if (early.push(message) === 1) void wake();
	});

	async function wake(): Promise<void> {
		const { createServer } = await import('./server.ts');
		receive = createServer({ options, distFolder, wire, said: opening.said });
		for (const message of early.splice(0)) receive(message);
	}
}

/** The launcher has said that this copy is in use (shared/client/launcher.ts). */
function letGoOf(build: string): void {
	const { rmSync } = process.getBuiltinModule('node:fs');
	rmSync(`${build}/users/${process.pid}`, { force: true });
}
