import { commands, l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import { COMMANDS } from '../contributions.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { jobFlags } from '../jobs/store/flags.ts';
import { sentence } from '../jobs/text/text.ts';
import { rowTitle } from '../jobs/text/title.ts';
import { showInformation } from '../messages.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

/** Says what keeps a job from running, and offers what helps. */
export function explainWaiting(link: Link, picker: JobPicker): CommandBody {
	return async (...args) => {
		const question = {
			title: l10n.t('Explain Why Waiting'),
			none: l10n.t('No job waits.'),
			fits: ({ state }: { state: string }) => state === 'queued' || state === 'paused',
		};
		const [id] = await meantJobs(picker, question, args);
		if (id === undefined) return;
		const { job, explanation } = await link.request('job/get', { id });
		const reasons = explanation.reasons.map(({ message }) => message).join('; ');
		const run = l10n.t('Run Now');
		const details = l10n.t('Show Details');
		const ways = jobFlags(job).includes('runnable') ? [run, details] : [details];
		const choice = await showInformation(
			`${rowTitle(job.title)}: ${sentence(explanation.summary ?? reasons)}`,
			...ways,
		);
		const row = { kind: 'job', id };
		if (choice === run) await commands.executeCommand(COMMANDS.runNow.id, row);
		if (choice === details) await commands.executeCommand(COMMANDS.showDetails.id, row);
	};
}
