import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { createDetails } from '../jobs/text/details.ts';
import type { JobText } from '../jobs/text/text.ts';
import { createWaitingText } from '../jobs/text/waitingText.ts';
import { createReadOnlyDocuments } from '../readOnlyDocument.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

/** Of its log. Lines. */
const TAIL = 100;
const PARTS = 50;

/** Opens the whole story of a job. What is open is as the job was when it was asked for. */
export function showDetails(link: Link, picker: JobPicker, text: JobText): CommandBody {
	const details = createDetails(l10n.t, text, createWaitingText(l10n.t, text));
	const titles = new Map<string, string>();
	const documents = createReadOnlyDocuments('semantica-job', async (id) => {
		const found = await link.request('job/get', { id });
		const [{ jobs: children }, { text: tail }] = await Promise.all([
			link.request('job/list', { filter: { parentId: id }, limit: PARTS }),
			link.request('log/read', { id, tailLines: TAIL }),
		]);
		return details({ found, children, tail });
	});
	return async (...args) => {
		const question = {
			title: l10n.t('Show Details'),
			none: l10n.t('There are no jobs yet.'),
			fits: () => true,
		};
		const [id] = await meantJobs(picker, question, args);
		if (id === undefined) return;
		// The document keeps its name while the job may get another.
		if (!titles.has(id)) titles.set(id, (await link.request('job/get', { id })).job.title);
		await documents.show(titles.get(id) ?? id, id);
	};
}
