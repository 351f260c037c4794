/** A task of the type `semantica`: the editor's terminal shows the log of a job, and ending the task cancels it. */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { CustomExecution, l10n, type Pseudoterminal, Task, TaskScope, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import { editorSurroundings } from '../../shared/surroundings.ts';
import { indexedFolder } from '../indexing/folders.ts';
import type { FeedPorts } from '../logs/feed.ts';
import { createJobTerminal, type JobTerminal } from '../logs/views/jobTerminal.ts';
import { showError } from '../messages.ts';
import { specOfDefinition } from './definition.ts';
import { wrongField } from './taskSpec.ts';

export interface TaskPorts extends FeedPorts {
	/** Does it where the window stays: one that closes or loads anew takes its terminals along. */
	unlessLeaving(deed: () => void): void;
}

/** The same task, with something that runs it. */
export function withExecution(task: Task, ports: TaskPorts): Task {
	const { definition, scope = TaskScope.Workspace, name, source, problemMatchers } = task;
	const run = new CustomExecution(async (resolved) => terminalOf(task, resolved, ports));
	return new Task(definition, scope, name, source, run, problemMatchers);
}

/** @param definition with its variables filled in */
function terminalOf(
	task: Task,
	definition: Readonly<Record<string, unknown>>,
	ports: TaskPorts,
): Pseudoterminal {
	let id: string | undefined;
	let over = false;
	/** Before the daemon has named the job. */
	let unwanted = false;
	function cancel(): void {
		if (over) return;
		unwanted = true;
		if (id === undefined) return;
		ports.link
			.request('job/cancel', { ids: [id] })
			.catch((error) =>
				showError(l10n.t('{0} was not cancelled: {1}', task.name, errorMessage(error))),
			);
	}

	const terminal: JobTerminal = createJobTerminal(
		ports,
		async () => {
			const [job] = (
				await ports.link.request('job/enqueue', {
					jobs: [{ ...specOf(task, definition), key: randomUUID() }],
				})
			).jobs;
			if (job === undefined) throw new Error('The daemon accepted the job but did not name it.');
			id = job.id;
			if (unwanted) cancel();
			return job.id;
		},
		{
			ended(job) {
				// One that cannot be followed runs on, and can still be cancelled.
				over = job !== undefined || id === undefined;
				terminal.finish(exitCode(job));
			},
			interrupted: cancel,
			closed: () => ports.unlessLeaving(cancel),
		},
	);
	return terminal;
}

function specOf(task: Task, definition: Readonly<Record<string, unknown>>) {
	const scope = typeof task.scope === 'object' ? task.scope : workspace.workspaceFolders?.[0];
	const folder = scope === undefined ? undefined : indexedFolder(scope.uri);
	const path = folder?.path ?? homedir();
	const made = specOfDefinition(definition, {
		name: task.name,
		folder: { path, uri: folder?.uri ?? null },
		path: process.env['PATH'],
	});
	if ('wrong' in made) throw wrongField(task.name, made.wrong);
	return { ...made.spec, surroundings: editorSurroundings(process.env) };
}

/** What the editor shows beside the task. */
function exitCode(job: Job | undefined): number {
	if (job?.state === 'succeeded') return 0;
	return job?.exitCode || 1;
}
