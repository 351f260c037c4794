/** Prompts, for hosts that show them to people. */

export interface PromptDescription {
	readonly name: 'failed_today' | 'run_in_background';
	readonly title: string;
	readonly description: string;
	readonly arguments?: readonly {
		readonly name: string;
		readonly description: string;
		readonly required: boolean;
	}[];
}

export const PROMPT_LIST: readonly PromptDescription[] = [
	{
		name: 'failed_today',
		title: 'What failed today',
		description: 'Finds the jobs that failed today and says why.',
	},
	{
		name: 'run_in_background',
		title: 'Run this in the background',
		description: 'Runs a command as a job and goes on meanwhile.',
		arguments: [{ name: 'command', description: 'the command line', required: true }],
	},
];
