/** Run Task as Background Job…: what the workspace has, chosen by a person, as jobs that outlive the window. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
	l10n,
	type QuickPickItem,
	QuickPickItemKind,
	ShellExecution,
	Task,
	tasks,
	type WorkspaceFolder,
	window,
	workspace,
} from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import type { CommandBody } from '../commands/register.ts';
import type { Link } from '../connection/link.ts';
import { BY_HAND, COMMAND_BY_HAND } from '../jobs/enqueue.ts';
import type { JobLogs } from '../logs/channels.ts';
import type { Reporter } from '../status/reporter.ts';
import { makeTargets } from './makefile.ts';
import { planTask } from './plan.ts';
import { configuredTask, specOfTask } from './taskSpec.ts';

const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

type Item = QuickPickItem & { readonly task?: Task };

export function chooseTask(link: Link, logs: JobLogs, reporter: Reporter): CommandBody {
	return async () => {
		const all = await allTasks();
		if (all.length === 0) {
			throw new SemanticaError(
				'NOT_FOUND',
				l10n.t(
					'There is nothing to run: this workspace has no tasks.json, no scripts in package.json and no Makefile. Use Run Command as Job… instead.',
				),
			);
		}
		const picked = await window.showQuickPick(items(all), {
			title: l10n.t('Run Task as Background Job'),
			placeHolder: l10n.t('It goes on when this window closes'),
			matchOnDescription: true,
			matchOnDetail: true,
			ignoreFocusOut: true,
		});
		if (picked?.task === undefined) return;
		// It may be another one by now, or none.
		const now = await allTasks();
		const jobs = jobsOf(stillThere(picked.task, now), now).map((spec, at, { length }) => ({
			...spec,
			constraints: { ...BY_HAND.constraints, ...spec.constraints },
			// Those that it depends on are no news when they end well.
			notify: at === length - 1 ? COMMAND_BY_HAND.notify : BY_HAND.notify,
			key: randomUUID(),
		}));
		const made = (await link.request('job/enqueue', { jobs })).jobs;
		// Those that it depends on stand before it.
		const last = made.at(-1);
		if (last === undefined) return;
		reporter.command(last.id);
		await logs.show(last.id);
	};
}

function stillThere(task: Task, all: readonly Task[]): Task {
	const place = ({ name, source, scope }: Task) =>
		JSON.stringify([name, source, typeof scope === 'object' ? scope.uri.toString() : scope]);
	const found = all.find((one) => place(one) === place(task));
	if (found !== undefined) return found;
	throw new SemanticaError('NOT_FOUND', l10n.t('The task {0} is not there any more.', task.name));
}

function jobsOf(task: Task, all: readonly Task[]) {
	const folder = folderOf(task);
	const found = (name: string) => {
		const one =
			name === task.name
				? task
				: all.find((other) => other.name === name && folderOf(other) === folder);
		if (one === undefined) return undefined;
		const configured = configuredTask(one, folder);
		return { ...configured, spec: specOfTask(one, folder, configured) };
	};
	const plan = planTask(task.name, found);
	if ('jobs' in plan) return plan.jobs;
	throw new SemanticaError(
		'VALIDATION',
		'missing' in plan
			? l10n.t('The task {0} depends on {1}, which is not there.', task.name, plan.missing)
			: l10n.t('The task {0} depends on itself, by {1}.', task.name, plan.circle),
	);
}

function folderOf(task: Task): WorkspaceFolder {
	const { scope } = task;
	if (typeof scope === 'object') return scope;
	const [first] = workspace.workspaceFolders ?? [];
	if (first !== undefined) return first;
	throw new SemanticaError('NOT_FOUND', l10n.t('Open a folder: the task runs in one.'));
}

async function allTasks(): Promise<Task[]> {
	const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
	const [known, ...made] = await Promise.all([tasks.fetchTasks(), ...folders.map(makeTasks)]);
	const local = known.filter(
		({ scope }) => typeof scope !== 'object' || scope.uri.scheme === 'file',
	);
	return [...local, ...made.flat()];
}

async function makeTasks(folder: WorkspaceFolder): Promise<Task[]> {
	for (const name of MAKEFILES) {
		const text = await readFile(join(folder.uri.fsPath, name), 'utf8').catch(() => undefined);
		if (text === undefined) continue;
		return makeTargets(text).map((target) => {
			const run = new ShellExecution('make', [target]);
			return new Task({ type: 'make', target }, folder, `make ${target}`, 'make', run);
		});
	}
	return [];
}

/** By where they come from: tasks.json first. */
function items(all: readonly Task[]): Item[] {
	const several = (workspace.workspaceFolders ?? []).length > 1;
	const sources = [...new Set(all.map(({ source }) => source))].sort(
		(a, b) => Number(b === 'Workspace') - Number(a === 'Workspace') || a.localeCompare(b),
	);
	return sources.flatMap((source): Item[] => [
		{
			label: source === 'Workspace' ? l10n.t('tasks.json') : source,
			kind: QuickPickItemKind.Separator,
		},
		...all
			.filter((task) => task.source === source)
			.map((task) => ({
				label: task.name,
				...(several && typeof task.scope === 'object' ? { description: task.scope.name } : {}),
				...(task.detail === undefined ? {} : { detail: task.detail }),
				task,
			})),
	]);
}
