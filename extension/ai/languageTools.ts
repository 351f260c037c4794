/**
 * The tools as VS Code's own, for agents that take no servers: each call is passed on to `semantica mcp`, which is
 * started by the first one. So what a model reads, and what it may do, is the same by every door.
 */
import {
	CancellationError,
	type CancellationToken,
	LanguageModelTextPart,
	type LanguageModelTool,
	LanguageModelToolResult,
	l10n,
	lm,
	MarkdownString,
	type PreparedToolInvocation,
	ProgressLocation,
	window,
} from 'vscode';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { withinBudget } from './budget.ts';
import { type CallText, createCallText, type Input } from './callText.ts';
import type { DoorPorts } from './door.ts';
import { createServers, type Servers } from './servers.ts';

/** Before the name that the server has for it. */
const PREFIX = 'semantica_';

export function offerTools(ports: DoorPorts): Disposable {
	const lifetime = new Lifetime();
	const servers = lifetime.own(createServers(ports));
	const textOf = createCallText(l10n.t);
	for (const { name } of ports.tools) {
		lifetime.own(lm.registerTool(name, toolOf(name.slice(PREFIX.length), ports, servers, textOf)));
	}
	return lifetime;
}

function toolOf(
	name: string,
	ports: DoorPorts,
	servers: Servers,
	textOf: (name: string, input: Input) => CallText,
): LanguageModelTool<Input> {
	return {
		async prepareInvocation({ input }): Promise<PreparedToolInvocation> {
			const { doing, question } = textOf(name, input);
			const invocationMessage = new MarkdownString().appendText(doing);
			if (question === undefined || (name === 'run_job' && (await isAskedLater(ports)))) {
				return { invocationMessage };
			}
			const { title } = question;
			return { invocationMessage, confirmationMessages: { title, message: messageOf(question) } };
		},
		async invoke({ input, tokenizationOptions }, token) {
			const aborting = new AbortController();
			const cancelled = token.onCancellationRequested(() =>
				aborting.abort(new CancellationError()),
			);
			if (token.isCancellationRequested) throw new CancellationError();
			const { doing } = textOf(name, input);
			try {
				const text = await window.withProgress(
					{ location: ProgressLocation.Window, title: doing },
					(progress) =>
						servers.call(name, input, aborting.signal, (message) => progress.report({ message })),
				);
				const told = await withinBudget(name, text, counting(tokenizationOptions, token));
				return new LanguageModelToolResult([new LanguageModelTextPart(told)]);
			} catch (error) {
				if (aborting.signal.aborted) throw new CancellationError();
				throw error;
			} finally {
				cancelled.dispose();
			}
		},
	};
}

/** Semantica asks by itself then, or refuses: a second question would only teach to click it away. */
async function isAskedLater({ link }: DoorPorts): Promise<boolean> {
	// Preparing starts nothing.
	if (link.state.kind !== 'connected') return false;
	return link.request('ai/policy', {}).then(
		({ run }) => run === 'ask' || run === 'off',
		() => false,
	);
}

function messageOf({ code, facts }: NonNullable<CallText['question']>): MarkdownString {
	const message = new MarkdownString();
	for (const fact of facts) message.appendText(fact).appendMarkdown('\n\n');
	if (code === undefined) return message;
	// At the end: where the editor shows plain text, what follows code stands in its line.
	const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
	const fence = '`'.repeat(longest + 1);
	return message.appendMarkdown(`${fence}sh\n${code}\n${fence}`);
}

type Tokenization = Parameters<LanguageModelTool<Input>['invoke']>[0]['tokenizationOptions'];

function counting(options: Tokenization, token: CancellationToken) {
	if (options === undefined) return undefined;
	const { tokenBudget } = options;
	return { tokenBudget, countTokens: (text: string) => options.countTokens(text, token) };
}
