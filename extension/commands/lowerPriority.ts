import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import type { JobStore } from '../jobs/store/store.ts';
import { priorityBy } from './priorityBy.ts';
import type { CommandBody } from './register.ts';
import { updateJobs } from './updateJobs.ts';

/** Behind others that wait. */
export function lowerPriority(link: Link, picker: JobPicker, store: JobStore): CommandBody {
	return updateJobs(link, picker, l10n.t('Lower Priority'), priorityBy(-10, { store, link }));
}
