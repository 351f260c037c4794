/**
 * The story of a job as a document: made anew while it is open and the job changes, and there again when the window
 * was loaded anew.
 */
import { l10n, window, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from '../connection/link.ts';
import { DETAILS_SCHEME } from '../contributions.ts';
import { Coalescer, type Disposable, Lifetime } from '../lifetime.ts';
import { createReadOnlyFiles } from '../readOnlyFiles.ts';
import type { JobStore } from './store/store.ts';
import type { JobText } from './text/text.ts';
import type { WaitingText } from './text/waitingText.ts';

/** Of its log. Lines. */
const TAIL = 100;
const PARTS = 50;
const COALESCE_MS = 1_000;
/** While it runs and somebody sees it: what it prints is no change of the job. */
const RUNNING_MS = 5_000;

export interface DetailsPorts {
	readonly link: Pick<Link, 'request' | 'onDidChange'>;
	readonly store: Pick<JobStore, 'updates' | 'removed'>;
	readonly text: JobText;
	readonly waiting: WaitingText;
}

export interface JobDetails extends Disposable {
	show(id: string): Promise<void>;
}

export function showJobDetails({ link, store, text, waiting }: DetailsPorts): JobDetails {
	const lifetime = new Lifetime();
	const titles = new Map<string, string>();
	const changed = new Set<string>();
	const running = new Set<string>();

	const make = async (id: string): Promise<string> => {
		if (!workspace.isTrusted) {
			return l10n.t('Semantica runs nothing in Restricted Mode. Trust this workspace to use it.');
		}
		try {
			return await story(id);
		} catch (error) {
			running.delete(id);
			return `${errorMessage(error)}\n`;
		}
	};

	const story = async (id: string): Promise<string> => {
		const [{ createDetails }, found, { jobs: children }, { text: tail }] = await Promise.all([
			import('./text/details.ts'),
			link.request('job/get', { id }),
			link.request('job/list', { filter: { parentId: id }, limit: PARTS }),
			link.request('log/read', { id, tailLines: TAIL }),
		]);
		if (found.job.state === 'running') running.add(id);
		else running.delete(id);
		if (running.size > 0) whileRunning.schedule();
		return createDetails(l10n.t, text, waiting)({ found, children, tail });
	};

	const documents = lifetime.own(createReadOnlyFiles(DETAILS_SCHEME, make));
	const again = (ids: Iterable<string>) => {
		for (const id of ids) documents.changed(id);
	};
	const later = lifetime.own(
		new Coalescer(COALESCE_MS, () => {
			again(changed);
			changed.clear();
		}),
	);
	const whileRunning = lifetime.own(
		new Coalescer(RUNNING_MS, () => {
			const seen = new Set(
				window.visibleTextEditors.map(({ document }) => documents.keyOf(document.uri)),
			);
			again([...running].filter((id) => seen.has(id)));
			running.clear();
		}),
	);
	const noticed = (ids: readonly string[]) => {
		const open = documents.open();
		for (const id of ids) if (open.has(id)) changed.add(id);
		if (changed.size > 0) later.schedule();
	};
	lifetime.own(store.updates.on((jobs) => noticed(jobs.map(({ id }) => id))));
	lifetime.own(store.removed.on(noticed));
	// Who comes back to a document that runs on has missed what it printed.
	lifetime.own(window.onDidChangeVisibleTextEditors(() => noticed([...documents.open()])));
	lifetime.own(
		link.onDidChange((state) => {
			if (state.kind === 'connected') noticed([...documents.open()]);
		}),
	);

	return {
		async show(id) {
			const { job } = await link.request('job/get', { id });
			// The document keeps its name while the job may get another.
			if (!titles.has(id)) titles.set(id, job.title);
			await documents.show(l10n.t('{0} (details)', titles.get(id) ?? id), id);
		},
		dispose: () => lifetime.dispose(),
	};
}
