/** Every tool, called by name. */
import { describeFailure } from '../../errors.ts';
import { isToolName, type ToolArguments, type ToolName, toolArguments } from './arguments.ts';
import { cancelJob } from './cancelJob.ts';
import { type Answer, type ToolContext, ToolError } from './context.ts';
import { getJob } from './getJob.ts';
import { indexFolder } from './indexFolder.ts';
import { listJobs } from './listJobs.ts';
import { readLog } from './readLog.ts';
import { runJob } from './runJob.ts';
import { searchCode } from './searchCode.ts';
import { waitJob } from './waitJob.ts';

const TOOLS: {
	readonly [N in ToolName]: (args: ToolArguments<N>, context: ToolContext) => Promise<Answer>;
} = {
	run_job: runJob,
	wait_job: waitJob,
	get_job: getJob,
	list_jobs: listJobs,
	read_log: readLog,
	cancel_job: cancelJob,
	search_code: searchCode,
	index_folder: indexFolder,
};

/** What goes wrong is an answer too: a model reads it and does otherwise. Undefined: there is no such tool. */
export async function callTool(
	name: string,
	given: unknown,
	context: ToolContext,
	offered: ReadonlySet<string>,
): Promise<Answer | undefined> {
	if (!isToolName(name) || !offered.has(name)) return undefined;
	try {
		return await run(name, given, context);
	} catch (error) {
		if (context.signal.aborted) throw error;
		return { text: `NOT DONE: ${sentenceOf(error)}`, isError: true };
	}
}

function run<N extends ToolName>(name: N, given: unknown, context: ToolContext): Promise<Answer> {
	return TOOLS[name](toolArguments(name, given), context);
}

export function sentenceOf(error: unknown): string {
	return error instanceof ToolError ? error.message : describeFailure(error).message;
}
