/** `semantica mcp` as a process of this window, asked for one tool after the other. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { errorMessage } from '../../shared/errors.ts';
import type { Input } from './callText.ts';
import type { ServerCommand } from './server.ts';

export interface ToolServer {
	/**
	 * Rejects where the server ended before it answered, or with what the signal was aborted with.
	 * @param onProgress what it says while the answer is not there yet
	 */
	call(
		name: string,
		input: Input,
		signal: AbortSignal,
		onProgress: (message: string) => void,
	): Promise<string>;
	/** Resolves when it has ended, from whichever side. */
	readonly closed: Promise<void>;
	end(): Promise<void>;
}

export interface ToolServerPorts {
	readonly how: ServerCommand;
	/** As which program its jobs are asked for. */
	readonly client: { readonly name: string; readonly version: string };
	readonly log: (message: string) => void;
}

/** Who waits is told every few seconds that it goes on. */
const SILENCE_MS = 60_000;
const LONGEST_MS = 3_600_000;
const UNKNOWN_OUTCOME =
	'What it began goes on as a job: look with list_jobs {"mine": true} before you ask for it again.';
/** A run of a job that this window's environment belongs to is not who asks. */
const NOT_INHERITED = ['SEMANTICA_JOB_ID', 'SEMANTICA_TOKEN', 'SEMANTICA_ENDPOINT', 'NODE_OPTIONS'];

/** @throws where it cannot be started */
export async function startToolServer({ how, client, log }: ToolServerPorts): Promise<ToolServer> {
	const inherited = Object.entries(process.env).filter(
		(entry): entry is [string, string] =>
			entry[1] !== undefined && !NOT_INHERITED.includes(entry[0]),
	);
	const transport = new StdioClientTransport({
		command: how.command,
		args: how.args,
		cwd: how.cwd,
		env: { ...Object.fromEntries(inherited), ...how.env },
		stderr: 'pipe',
	});
	transport.stderr?.on('data', (chunk: Buffer) => log(chunk.toString('utf8').trimEnd()));
	const connection = new Client(client, { versionNegotiation: { mode: 'legacy' } });
	const closed = new Promise<void>((resolve) => {
		connection.onclose = resolve;
	});
	connection.onerror = (error) => log(error.message);
	await connection.connect(transport);
	return {
		closed,
		async call(name, input, signal, onProgress) {
			const asking = connection.callTool(
				{ name, arguments: input },
				{
					signal,
					timeout: SILENCE_MS,
					maxTotalTimeout: LONGEST_MS,
					resetTimeoutOnProgress: true,
					onprogress: ({ message }) => onProgress(message ?? ''),
				},
			);
			const answer = await asking.catch((error: unknown) => {
				// For a model: it may have happened.
				throw signal.aborted ? error : new Error(`${errorMessage(error)}. ${UNKNOWN_OUTCOME}`);
			});
			// What went wrong is an answer, too, which says so.
			return answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
		},
		end: () => connection.close(),
	};
}
