/** Commands that change jobs which wait: what has started meanwhile is said. */
import { l10n } from 'vscode';
import type { JobUpdate } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import type { JobPicker, JobQuestion } from '../jobs/pick.ts';
import { jobFlags } from '../jobs/store/flags.ts';
import { sentence } from '../jobs/text/text.ts';
import { showInformation } from '../messages.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

/**
 * @param change What each is to become, in as few requests as there are different changes; undefined where the
 * person changed their mind.
 */
export function updateJobs(
	link: Link,
	picker: JobPicker,
	title: string,
	change: (ids: readonly string[]) => Promise<ReadonlyMap<string, JobUpdate> | undefined>,
): CommandBody {
	const question: JobQuestion = {
		title,
		none: l10n.t('No job is waiting.'),
		fits: (job) => jobFlags(job).includes('changeable'),
	};
	return async (...args) => {
		const ids = await meantJobs(picker, question, args);
		if (ids.length === 0) return;
		const changes = await change(ids);
		if (changes === undefined) return;
		const together = new Map<string, { ids: string[]; update: JobUpdate }>();
		for (const [id, update] of changes) {
			const same = together.get(JSON.stringify(update));
			if (same === undefined) together.set(JSON.stringify(update), { ids: [id], update });
			else same.ids.push(id);
		}
		let count = 0;
		let reason: string | undefined;
		for (const { ids, update } of together.values()) {
			const answer = await link.request('job/update', { ids, ...update });
			count += answer.count;
			reason ??= answer.skipped[0]?.reason;
		}
		// Of several, some may have started by themselves; only say so when nothing was changed at all.
		if (count === 0 && reason !== undefined) void showInformation(sentence(reason));
	};
}

/** The same for all of them. */
export const forAll = (ids: readonly string[], update: JobUpdate): ReadonlyMap<string, JobUpdate> =>
	new Map(ids.map((id) => [id, update]));
