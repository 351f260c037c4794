/** Tells a person what became of the jobs they just asked for, and of no others. */
import { commands, l10n, ProgressLocation, Uri, window } from 'vscode';
import type { Job } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import { COMMANDS } from '../contributions.ts';
import type { IndexedFolder } from '../indexing/specs.ts';
import { type IndexSummary, indexSummary, skippedCount } from '../indexing/summary.ts';
import type { JobOutcomes } from '../jobs/outcomes.ts';
import { type JobText, progressPercent } from '../jobs/text.ts';
import { plainLabel } from '../plainLabel.ts';

export interface ReporterPorts {
	readonly outcomes: JobOutcomes;
	readonly link: Pick<Link, 'request'>;
	readonly text: JobText;
	/** Whether the person sees the jobs anyway. */
	jobsVisible(): boolean;
	readonly log: (message: string) => void;
}

export interface Reporter {
	/** A whole folder: progress unless the view shows it, and the outcome. */
	indexing(id: string, folder: IndexedFolder): void;
	/** A command, whose log is open: only a failure is news. */
	command(id: string): void;
	/** One file: a word in the status bar, or the failure. */
	quiet(id: string): void;
}

export function createReporter(ports: ReporterPorts): Reporter {
	const { outcomes, link, text } = ports;

	const failed = async (job: Job | undefined) => {
		if (job === undefined) return;
		if (job.state !== 'failed' && job.state !== 'expired') return;
		const show = l10n.t('Show Log');
		if ((await window.showErrorMessage(text.outcome(job), show)) !== show) return;
		await commands.executeCommand(COMMANDS.showLog.id, { kind: 'job', id: job.id });
	};

	const indexed = async (job: Job | undefined, { name, path }: IndexedFolder) => {
		if (job?.state !== 'succeeded') return failed(job);
		const search = l10n.t('Search Index');
		const message = indexedText(name, indexSummary(job.result));
		if ((await window.showInformationMessage(message, search)) === search) {
			await commands.executeCommand(COMMANDS.search.id, Uri.file(path));
		}
	};

	const withNotification = (id: string, name: string) =>
		window.withProgress(
			{
				location: ProgressLocation.Notification,
				title: l10n.t('Indexing {0}', name),
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
					progress.report({ message: text.description(job, undefined), increment: now - percent });
					percent = now;
				});
			},
		);

	return {
		indexing(id, folder) {
			const outcome = ports.jobsVisible() ? outcomes.of(id) : withNotification(id, folder.name);
			void outcome.then((job) => indexed(job, folder));
		},
		command(id) {
			void outcomes.of(id).then(failed);
		},
		quiet(id) {
			void outcomes.of(id).then((job) => {
				if (job?.state !== 'succeeded') return failed(job);
				const [reason] = indexSummary(job.result).skipped.keys();
				const words =
					reason === undefined
						? `$(check) ${plainLabel(text.outcome(job))}`
						: l10n.t(
								'$(info) {0}: the file was skipped ({1}).',
								plainLabel(job.title),
								plainLabel(reason),
							);
				window.setStatusBarMessage(words, 4_000);
			});
		},
	};
}

function indexedText(name: string, summary: IndexSummary): string {
	const skipped = skippedCount(summary);
	if (summary.files === undefined) return l10n.t('{0} is indexed.', name);
	const files = summary.files - skipped;
	return skipped === 0
		? l10n.t('{0} is indexed: {1} files.', name, files)
		: l10n.t('{0} is indexed: {1} files, {2} skipped.', name, files, skipped);
}
