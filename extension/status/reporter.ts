/** Tells a person what became of the jobs they just asked for, and of no others. */
import { basename } from 'node:path';
import { commands, l10n, ProgressLocation, Uri, window } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import { isFailure } from '../../shared/jobTerms.ts';
import type { JobsEnded } from '../../shared/protocol/notify.ts';
import type { Link } from '../connection/link.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import { indexedFolder, openFolders } from '../indexing/folders.ts';
import type { IndexedFolder } from '../indexing/specs.ts';
import { indexSummary } from '../indexing/summary.ts';
import { jobFlags } from '../jobs/store/flags.ts';
import type { JobOutcomes } from '../jobs/store/outcomes.ts';
import { type JobText, progressPercent, sentence } from '../jobs/text/text.ts';
import { rowTitle } from '../jobs/text/title.ts';
import { showError, showInformation } from '../messages.ts';
import { plainLabel, unlinked } from '../plainLabel.ts';

export interface ReporterPorts {
	readonly outcomes: JobOutcomes;
	readonly link: Pick<Link, 'request'>;
	readonly text: JobText;
	/** Whether the person sees the jobs anyway. */
	jobsVisible(): boolean;
	/** Whether the job is among them: those of other folders need not be. */
	isListed(id: string): boolean;
	/** Somebody asked for this job in this window. */
	started(id: string): void;
	readonly log: (message: string) => void;
}

export interface Reporter {
	/** A whole folder: progress unless the view shows it, and the outcome. */
	indexing(id: string, folder: IndexedFolder): void;
	/** A command, whose log is open: a failure is news, and the end of one that took long, if nobody else tells it. */
	command(id: string): void;
	/** One file: a word in the status bar, or the failure. */
	quiet(id: string): void;
	/** Jobs, of whoever, that asked for it; the daemon tells one window. */
	ended(ended: JobsEnded): void;
}

/** Whoever waits longer looks at something else meanwhile. */
const LONG_MS = 10_000;
/** How long a word stands in the status bar. */
const WORD_MS = 4_000;

export function createReporter(ports: ReporterPorts): Reporter {
	const { outcomes, link, text } = ports;

	const outcome = (job: Job): string => {
		const { workspace } = job;
		const isHere = workspace === null || openFolders().some(({ uri }) => uri === workspace);
		const said = text.outcome(job);
		return isHere ? said : l10n.t('{0} (In {1})', said, basename(Uri.parse(workspace).path));
	};

	const showLog = (id: string) => commands.executeCommand(COMMANDS.showLog.id, { kind: 'job', id });

	/** @param again What is reported of the job that a retry makes. */
	const failed = async (job: Job | undefined, again: (id: string) => void) => {
		// Of others the daemon tells, in the window that the person is in by then.
		if (job?.notify === 'never' && isFailure(job.state)) await tellFailure(job, again);
	};

	const tellFailure = async (job: Job, again: (id: string) => void) => {
		const retry = l10n.t('Retry');
		const show = l10n.t('Show Log');
		const ways = jobFlags(job).includes('retryable') ? [retry, show] : [show];
		const choice = await showError(outcome(job), ...ways);
		if (choice === show) await showLog(job.id);
		if (choice === retry) await retried(job.id, again);
	};

	const retried = async (id: string, again: (id: string) => void) => {
		try {
			const { jobs, skipped } = await link.request('job/retry', { ids: [id] });
			for (const job of jobs) again(job.id);
			for (const { reason } of skipped) void showInformation(sentence(reason));
		} catch (error) {
			void showError(errorMessage(error));
		}
	};

	/** For somebody who sees the view that shows it, a word in the status bar is enough. */
	const good = async (id: string, message: string, way: string, go: () => Thenable<unknown>) => {
		if (ports.jobsVisible() && ports.isListed(id) && window.state.focused) {
			window.setStatusBarMessage(`$(check) ${plainLabel(message)}`, WORD_MS);
			return;
		}
		if ((await showInformation(message, way)) === way) await go();
	};

	const indexed = async (job: Job | undefined, folder: IndexedFolder) => {
		if (job?.state !== 'succeeded') return failed(job, (id) => indexing(id, folder));
		const summary = text.indexed(folder.name, job.result);
		await good(job.id, summary, l10n.t('Search Index'), () =>
			commands.executeCommand(COMMANDS.search.id, Uri.file(folder.path)),
		);
	};

	const ran = async (job: Job | undefined) => {
		if (job?.state !== 'succeeded') return failed(job, command);
		if (job.notify === 'long' || job.notify === 'ended') return;
		const took = (job.finishedAt ?? 0) - (job.startedAt ?? job.finishedAt ?? 0);
		if (took < LONG_MS) return;
		await good(job.id, text.outcome(job), l10n.t('Show Log'), () => showLog(job.id));
	};

	const indexedFile = (job: Job | undefined) => {
		if (job?.state !== 'succeeded') return failed(job, quiet);
		const [reason] = indexSummary(job.result).skipped.keys();
		const words =
			reason === undefined
				? `$(check) ${plainLabel(text.outcome(job))}`
				: l10n.t(
						'$(info) {0}: the file was skipped ({1}).',
						plainLabel(rowTitle(job.title)),
						plainLabel(reason),
					);
		window.setStatusBarMessage(words, WORD_MS);
	};

	const withNotification = (id: string, name: string) =>
		window.withProgress(
			{
				location: ProgressLocation.Notification,
				title: unlinked(l10n.t('Indexing {0}', name)),
				cancellable: true,
			},
			async (progress, token) => {
				token.onCancellationRequested(() => {
					link
						.request('job/cancel', { ids: [id] })
						.catch((error: unknown) => ports.log(`Cancelling ${id}: ${String(error)}`));
				});
				let percent = 0;
				return outcomes.of(id, (job) => {
					const now = Math.max(percent, progressPercent(job) ?? 0);
					progress.report({
						message: unlinked(text.description(job, undefined)),
						increment: now - percent,
					});
					percent = now;
				});
			},
		);

	function indexing(id: string, folder: IndexedFolder): void {
		ports.started(id);
		const outcome = ports.jobsVisible() ? outcomes.of(id) : withNotification(id, folder.name);
		void outcome.then((job) => indexed(job, folder));
	}

	function command(id: string): void {
		ports.started(id);
		void outcomes.of(id).then(ran);
	}

	function quiet(id: string): void {
		ports.started(id);
		void outcomes.of(id).then(indexedFile);
	}

	/** What a retry of a job that is not of this window's asking is reported as. */
	const againLike = (job: Job) => (id: string) => {
		if (job.type === 'index.files') quiet(id);
		else if (job.type !== 'index.workspace' || job.workspace === null) command(id);
		else indexing(id, indexedFolder(Uri.parse(job.workspace)));
	};

	function ended({ jobs, count, failed: bad }: JobsEnded): void {
		const [only] = jobs;
		if (only !== undefined && count === 1) {
			if (isFailure(only.state)) void tellFailure(only, againLike(only));
			else void good(only.id, outcome(only), l10n.t('Show Log'), () => showLog(only.id));
			return;
		}
		void tellTogether(text.ended(jobs, count, bad), bad > 0);
	}

	const tellTogether = async (message: string, bad: boolean) => {
		const way = l10n.t('Show Jobs');
		const tell = bad ? showError : showInformation;
		if ((await tell(message, way)) === way) await commands.executeCommand(`${VIEWS.jobs}.focus`);
	};

	return { indexing, command, quiet, ended };
}
