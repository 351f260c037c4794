import { randomUUID } from 'node:crypto';
import type { ToolArguments } from './arguments.ts';
import { type Answer, type ToolContext, ToolError } from './context.ts';
import { folderOf, uriOf } from './folders.ts';
import { answerAbout, waitFor } from './outcome.ts';

/** Of its log: what was skipped and why. */
const OUTPUT_BYTES = 1000;

export async function indexFolder(
	args: ToolArguments<'index_folder'>,
	context: ToolContext,
): Promise<Answer> {
	const { link } = context;
	const folder = await folderOf('folder', args.folder);
	const spec = {
		type: 'index.workspace',
		workspace: uriOf(folder),
		key: `mcp-${randomUUID()}`,
		// Started by hand, so at any charge.
		constraints: { minBattery: 0 },
	};
	const { jobs } = await link.request('job/enqueue', { jobs: [spec] });
	const [enqueued] = jobs;
	if (enqueued === undefined) throw new ToolError('The daemon answered without a job.');
	if (context.wantsTask) return { text: '', task: enqueued.id };
	const waited = await waitFor(context, [enqueued.id], {
		mode: 'all',
		seconds: args.wait_seconds,
	});
	const [job] = waited.jobs;
	if (job === undefined) return { text: 'INDEXED: the job ended and is not kept any more.' };
	const answer = await answerAbout(context, job, { maxBytes: OUTPUT_BYTES });
	if (job.state !== 'succeeded') return answer;
	return {
		text: answer.text.replace(
			/\nNext: [^\n]*$/,
			`\nNext: search_code {"folder":${JSON.stringify(folder)},"query":"…"}`,
		),
	};
}
