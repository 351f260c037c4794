/** Commands that ask the daemon to change jobs: those of the selected rows, else one that the person picks. */
import type { Link } from '../connection/link.ts';
import type { JobFlag } from '../contributions.ts';
import type { JobPicker, JobQuestion } from '../jobs/pick.ts';
import { jobFlags } from '../jobs/store/flags.ts';
import { sentence } from '../jobs/text/text.ts';
import { showInformation } from '../messages.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

export interface JobChange {
	readonly method:
		| 'job/cancel'
		| 'job/retry'
		| 'job/pause'
		| 'job/resume'
		| 'job/runNow'
		| 'job/remove';
	/** What a job must have for the command to make sense. */
	readonly flag: JobFlag;
	/** Above the pick. */
	title(): string;
	/** Said instead when no job fits. */
	none(): string;
}

export function changeJobs(link: Link, picker: JobPicker, change: JobChange): CommandBody {
	const question: JobQuestion = {
		title: change.title(),
		none: change.none(),
		fits: (job) => jobFlags(job).includes(change.flag),
	};
	return async (...args) => {
		const ids = await meantJobs(picker, question, args);
		if (ids.length === 0) return;
		const { count, skipped } = await link.request(change.method, { ids: [...ids] });
		// Of several, some may have got there by themselves; only say so when nothing happened at all.
		const [first] = skipped;
		if (count === 0 && first !== undefined) {
			void showInformation(sentence(first.reason));
		}
	};
}
