/** What the library's server is to answer, in both eras. */
import {
	CLIENT_CAPABILITIES_META_KEY,
	MissingRequiredClientCapabilityError,
	ProtocolError,
	ProtocolErrorCode,
	Server,
	type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { isResponseError } from '../../../shared/client/connection.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import { createToldQuestions } from './answers/question.ts';
import type { DaemonLink } from './daemonLink.ts';
import type { McpOptions } from './options.ts';
import { promptMessages } from './prompts.ts';
import {
	CAPABILITIES,
	INSTRUCTIONS,
	listsOf,
	SERVER_NAME,
	TASKS_EXTENSION,
} from './protocol/identity.ts';
import { readResource } from './resources.ts';
import { inputResponsesSchema } from './tasks/input.ts';
import { cancelTask, getTask, textResult, updateTask } from './tasks/requests.ts';
import { callTool, sentenceOf } from './tools/all.ts';
import type { ToolContext } from './tools/context.ts';

export interface HandlerDependencies {
	readonly options: McpOptions;
	readonly link: DaemonLink;
	readonly version: string;
	readonly env: ToolContext['env'];
	readonly root: string;
}

export interface Handlers {
	/** One for each connection. */
	readonly server: () => Server;
	/** To look at something that nobody waits for, for a client that says this of itself. */
	quietly(meta?: Meta): ToolContext;
	unknownTask(id: string): Error;
	/** Why tasks are not for a client that says this of itself; undefined where they are. */
	refuseTasks(
		meta: Meta,
	): { readonly code: number; readonly message: string; readonly data: unknown } | undefined;
}

type Meta = Readonly<Record<string, unknown>>;

const taskParams = z.looseObject({ taskId: z.string() });

export function createHandlers({
	options,
	link,
	version,
	env,
	root,
}: HandlerDependencies): Handlers {
	const lists = listsOf(options);
	const questions = createToldQuestions();
	const offered: ReadonlySet<string> = new Set(lists['tools/list'].tools.map(({ name }) => name));

	const contextOf = (
		signal: AbortSignal,
		more: Pick<ToolContext, 'progress' | 'wantsTask' | 'elicits'>,
	): ToolContext => ({ link, env, root, signal, questions, now: Date.now, ...more });

	const quietly = (meta: Meta = {}) =>
		contextOf(new AbortController().signal, {
			progress: undefined,
			wantsTask: false,
			elicits: canElicit(meta),
		});

	const unknownTask = (id: string) =>
		new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no task "${id.slice(0, 100)}".`);

	const missing = () =>
		new MissingRequiredClientCapabilityError({
			requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } },
		});

	function serverContext(context: ServerContext): ToolContext {
		const { signal, _meta: meta, notify, envelope } = context.mcpReq;
		const token = meta?.progressToken;
		const progress =
			token === undefined
				? undefined
				: (seconds: number, message: string) => {
						const params = { progressToken: token, progress: seconds, message };
						notify({ method: 'notifications/progress', params }).catch(() => {});
					};
		const said = envelope ?? {};
		return contextOf(signal, { progress, wantsTask: takesTasks(said), elicits: canElicit(said) });
	}

	/** @throws −32021 where the client did not declare them in this request */
	function taskContext(context: ServerContext): ToolContext {
		const own = serverContext(context);
		if (!own.wantsTask) throw missing();
		return own;
	}

	function server(): Server {
		const info = { name: SERVER_NAME, version };
		const made = new Server(info, { capabilities: CAPABILITIES, instructions: INSTRUCTIONS });
		made.setRequestHandler('tools/list', () => ({ tools: lists['tools/list'].tools as never }));
		made.setRequestHandler('prompts/list', () => ({
			prompts: lists['prompts/list'].prompts as never,
		}));
		made.setRequestHandler('resources/list', () => ({ resources: [] }));
		made.setRequestHandler('resources/templates/list', () => ({
			resourceTemplates: [...lists['resources/templates/list'].resourceTemplates],
		}));
		made.setRequestHandler('tools/call', async ({ params }, context) => {
			const own = serverContext(context);
			const answer = await callTool(params.name, params.arguments, own, offered);
			if (answer === undefined) {
				throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
			}
			if (answer.task === undefined) return textResult(answer.text, answer.isError);
			const {
				result: _,
				inputRequests: __,
				...task
			} = await getTask(own, answer.task, unknownTask);
			// The library knows no such result; its clients of this revision do.
			return { resultType: 'task', ...task } as never;
		});
		made.setRequestHandler('resources/read', ({ params }) =>
			sayingWhy(readResource(params.uri, quietly())),
		);
		made.setRequestHandler('prompts/get', ({ params }) =>
			sayingWhy(promptMessages(params.name, params.arguments ?? {}, quietly())),
		);
		made.setRequestHandler('tasks/get', { params: taskParams }, async ({ taskId }, context) => ({
			...(await sayingWhy(getTask(taskContext(context), taskId, unknownTask))),
		}));
		made.setRequestHandler('tasks/update', { params: taskParams }, async ({ taskId }, context) => {
			const own = taskContext(context);
			// The library takes them out of every request: elsewhere they belong to one that is tried again.
			const { success, data } = inputResponsesSchema.safeParse(context.mcpReq.inputResponses);
			if (!success) {
				const sentence =
					'inputResponses: an object of {action, content} by the keys of inputRequests.';
				throw new ProtocolError(ProtocolErrorCode.InvalidParams, sentence);
			}
			await sayingWhy(updateTask(own, taskId, data, unknownTask));
			return {};
		});
		made.setRequestHandler('tasks/cancel', { params: taskParams }, async ({ taskId }, context) => {
			await sayingWhy(cancelTask(taskContext(context), taskId, unknownTask));
			return {};
		});
		return made;
	}

	return {
		server,
		quietly,
		unknownTask,
		refuseTasks(meta) {
			if (takesTasks(meta)) return undefined;
			const { code, message, data } = missing();
			return { code, message, data };
		},
	};
}

/** Where an answer cannot say what went wrong, the protocol's error does. */
async function sayingWhy<T>(work: Promise<T>): Promise<T> {
	return work.catch((error: unknown) => {
		if (error instanceof ProtocolError) throw error;
		if (isResponseError(error) && error.code === ERROR_CODES.VALIDATION) {
			throw new ProtocolError(ProtocolErrorCode.InvalidParams, sentenceOf(error));
		}
		throw new ProtocolError(ProtocolErrorCode.InternalError, sentenceOf(error));
	});
}

function capabilitiesIn(envelope: Meta): { extensions?: unknown; elicitation?: unknown } {
	const capabilities = envelope[CLIENT_CAPABILITIES_META_KEY];
	return typeof capabilities === 'object' && capabilities !== null ? capabilities : {};
}

const canElicit = (envelope: Meta): boolean => capabilitiesIn(envelope).elicitation !== undefined;

function takesTasks(envelope: Meta): boolean {
	const { extensions } = capabilitiesIn(envelope);
	return typeof extensions === 'object' && extensions !== null && TASKS_EXTENSION in extensions;
}
