/** Errors of jobs in the editor's Problems panel, in a collection of their own. */
import { Diagnostic, DiagnosticSeverity, languages, Range, Uri } from 'vscode';
import type { Job } from '../../shared/job.ts';
import type { Problem, Severity } from '../../shared/problems.ts';
import { isNotFound } from '../connection/notFound.ts';
import type { Disposable } from '../lifetime.ts';
import { ProblemBook, workOf } from './book.ts';
import { shownFiles } from './places.ts';
import type { ProblemPorts } from './watch.ts';

export interface ProblemPanel extends Disposable {
	ended(jobs: readonly Job[]): Promise<void>;
	removed(ids: readonly string[]): Promise<void>;
}

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
	error: DiagnosticSeverity.Error,
	warning: DiagnosticSeverity.Warning,
	info: DiagnosticSeverity.Information,
};
/** As long as a line may be. */
const LINE_END = 2 ** 31 - 1;

export function showProblems({
	link,
	folders,
}: Pick<ProblemPorts, 'link' | 'folders'>): ProblemPanel {
	const collection = languages.createDiagnosticCollection('semantica');
	const book = new ProblemBook();
	let last = Promise.resolve();

	/** One after the other, so that the last word is the last run's. */
	function inTurn(step: () => Promise<void>): Promise<void> {
		const turn = last.then(step);
		last = turn.catch(() => {});
		return turn;
	}

	function show(files: Iterable<string>): void {
		for (const file of files) {
			const problems = book.of(file);
			collection.set(
				Uri.file(file),
				problems.length === 0 ? undefined : problems.map(toDiagnostic),
			);
		}
	}

	async function ended(job: Job): Promise<void> {
		const { id, startedAt, finishedAt, createdAt, generation } = job;
		// What never ran knows nothing of what earlier runs found.
		if (startedAt === null || finishedAt === null) return;
		const work = workOf(job);
		const times = { finishedAt, createdAt, generation };
		if (!book.isNews(work, times)) return;
		const files = await shownFiles(job, await problemsOf(job), folders(), Date.now());
		show(book.put(work, { job: id, ...times, files }));
	}

	async function problemsOf({ id, problems }: Job): Promise<readonly Problem[]> {
		if (!problems) return [];
		const { first, errors, warnings, infos } = problems;
		if (errors + warnings + infos === first.length) return first;
		try {
			return (await link.request('job/errors', { id })).problems;
		} catch (error) {
			if (isNotFound(error)) return [];
			throw error;
		}
	}

	return {
		ended: (jobs) =>
			inTurn(async () => {
				// Of the same work the last one first: what it replaces need not be looked at.
				const newestFirst = [...jobs].sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0));
				for (const job of newestFirst) await ended(job);
			}),
		removed: (ids) =>
			inTurn(async () => {
				for (const id of ids) show(book.remove(id));
			}),
		dispose: () => collection.dispose(),
	};
}

function toDiagnostic(problem: Problem): Diagnostic {
	const { message, severity, source, code } = problem;
	const diagnostic = new Diagnostic(rangeOf(problem), message, SEVERITY[severity]);
	diagnostic.source = source ?? 'semantica';
	if (code !== undefined) diagnostic.code = code;
	return diagnostic;
}

function rangeOf({ line = 1, column, endLine, endColumn }: Problem): Range {
	const start = line - 1;
	if (column === undefined)
		return new Range(start, 0, Math.max(start, (endLine ?? line) - 1), LINE_END);
	const from = column - 1;
	const to = endColumn === undefined ? (endLine === undefined ? from : LINE_END) : endColumn - 1;
	return new Range(start, from, Math.max(start, (endLine ?? line) - 1), to);
}
