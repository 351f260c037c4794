/** What a tool works with, and what it answers. */
import type { ToldQuestions } from '../answers/question.ts';
import type { DaemonLink } from '../daemonLink.ts';

export interface ToolContext {
	readonly link: DaemonLink;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Where the server was started: in most hosts the project. */
	readonly root: string;
	/** Aborted when the client does not want the answer any more. */
	readonly signal: AbortSignal;
	/** Tells whoever waits that it goes on; undefined where nobody asked to be told. */
	readonly progress: ((seconds: number, message: string) => void) | undefined;
	/** The client takes a task instead of waiting. */
	readonly wantsTask: boolean;
	/** What its caller knows that jobs ask. */
	readonly questions: ToldQuestions;
	/** It can ask its person for what a job wants. */
	readonly elicits: boolean;
	now(): number;
}

export interface Answer {
	readonly text: string;
	readonly isError?: boolean;
	/** The job that a task stands for. */
	readonly task?: string;
}

/** What a model can mend, in a sentence. */
export class ToolError extends Error {
	override readonly name = 'ToolError';
}
