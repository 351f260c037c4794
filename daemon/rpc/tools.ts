/** What an AI tool's server may ask for, and what it sees (docs/security.md). */
import { createHash } from 'node:crypto';
import { SemanticaError } from '../../shared/errors.ts';
import type { Method } from '../../shared/protocol/requests.ts';

/** What is fixed for the connection of a tool. */
export interface ToolScope {
	/** Absolute, resolved, as they are at this moment: a person may allow and forget. */
	folders(): readonly string[];
	/** Stands before its keys, so that nobody else's are met or guessed. */
	readonly keyPrefix: string;
}

/** What its tools need; whatever is new is refused until it stands here. */
const FOR_TOOLS: ReadonlySet<Method> = new Set<Method>([
	'job/enqueue',
	'job/send',
	'job/get',
	'job/explain',
	'job/errors',
	'job/list',
	'job/wait',
	'job/cancel',
	'job/answer',
	'jobs/subscribe',
	'log/read',
	'log/search',
	'log/subscribe',
	'log/unsubscribe',
	'queue/list',
	'index/status',
	'index/search',
]);

/** What a job's token is refused as a matter of policy, whatever the job is. */
const FOR_PEOPLE =
	/^(ai|settings|hooks|schedule|worker|fleet|meaning)\/|^(job\/send|queue\/update|system\/drain)$/;

export function toolScope(origin: string, folders: () => readonly string[]): ToolScope {
	const name = createHash('sha256').update(origin).digest('hex').slice(0, 16);
	return { folders, keyPrefix: `tool:${name}:` };
}

/** What a worker's process says of itself and its runs; for all else a run has a token of its own. */
const FOR_WORKERS: ReadonlySet<Method> = new Set<Method>([
	'worker/register',
	'worker/started',
	'worker/finish',
	'worker/progress',
	'worker/checkpoint',
	'worker/log',
	'worker/alive',
]);

/** @throws SemanticaError FORBIDDEN for what neither a tool nor a job may ask for, UNAUTHORIZED for what is not a worker's. */
export function assertMayAsk(
	method: Method,
	speaker: { readonly tool: unknown; readonly job: unknown; readonly worker?: unknown },
): void {
	if (speaker.worker !== undefined && !FOR_WORKERS.has(method)) {
		throw new SemanticaError(
			'UNAUTHORIZED',
			`A worker's own token registers it and speaks for the runs it holds, and may not ask for ${method}. What a handler asks for its job it asks with context.connect().`,
		);
	}
	if (speaker.tool !== undefined && !FOR_TOOLS.has(method)) throw refused('An AI tool', method);
	if (speaker.job !== undefined && FOR_PEOPLE.test(method)) throw refused('A job', method);
}

function refused(who: string, method: string): SemanticaError {
	return new SemanticaError(
		'FORBIDDEN',
		`${who} may not ask for ${method}: that stays with people, in VS Code and with the command line.`,
		{ kind: 'policy', rule: 'method' },
	);
}
