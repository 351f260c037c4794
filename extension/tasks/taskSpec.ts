/** From a task of the editor to a job: with its folder, its variables, its words and its matchers. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import {
	CustomExecution,
	extensions,
	l10n,
	ProcessExecution,
	type ShellExecution,
	ShellQuoting,
	type Task,
	type WorkspaceFolder,
	window,
	workspace,
} from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { editorSurroundings } from '../../shared/surroundings.ts';
import { indexedFolder } from '../indexing/folders.ts';
import { specOfDefinition, TASK_TYPE } from './definition.ts';
import { matchersOf } from './matchers.ts';
import { type Quoting, shellLine } from './shellLine.ts';
import { type TaskPlace, Unresolved, withVariables } from './variables.ts';

const WINDOWS = process.platform === 'win32';

/** What tasks.json says of a task that the editor's API does not. */
export interface Configured {
	readonly dependsOn: readonly string[];
	readonly inSequence: boolean;
	readonly problemMatcher: unknown;
}

export function configuredTask(task: Pick<Task, 'name'>, folder: WorkspaceFolder): Configured {
	const all = workspace.getConfiguration('tasks', folder.uri).get<unknown>('tasks');
	const found = (Array.isArray(all) ? all : []).find(
		(one) => one?.label === task.name || one?.taskName === task.name,
	);
	const { dependsOn, dependsOrder, problemMatcher } = found ?? {};
	const names = Array.isArray(dependsOn) ? dependsOn : dependsOn === undefined ? [] : [dependsOn];
	return {
		dependsOn: names.map((name) => (typeof name === 'string' ? name : String(name?.task))),
		inSequence: dependsOrder === 'sequence',
		problemMatcher,
	};
}

/** @returns undefined where the task runs nothing itself. */
export function specOfTask(
	task: Task,
	folder: WorkspaceFolder,
	{ problemMatcher, dependsOn }: Configured,
): JobSpecInput | undefined {
	const { execution, name } = task;
	const path = process.env['PATH'];
	const { uri, path: folderPath } = indexedFolder(folder.uri);
	if (task.definition.type === TASK_TYPE) {
		const place = { name, folder: { uri, path: folderPath }, path };
		const made = specOfDefinition(resolved(task, folder), place);
		if ('wrong' in made) throw wrongField(name, made.wrong);
		return made.spec;
	}
	if (execution instanceof CustomExecution) {
		throw new SemanticaError(
			'VALIDATION',
			l10n.t('The task {0} is run by an extension inside the editor, so it cannot be a job.', name),
		);
	}
	if (execution === undefined) {
		if (dependsOn.length > 0) return undefined;
		throw new SemanticaError('VALIDATION', l10n.t('The task {0} says nothing to run.', name));
	}
	const place = placeIn(folder);
	const said = (text: string) => resolvedText(name, text, place);
	const { cwd, env } = execution.options ?? {};
	const errors = matchersOf(problemMatcher ?? noneIfEmpty(task.problemMatchers), {
		matchers: contributed('problemMatchers'),
		patterns: contributed('problemPatterns'),
	});
	return {
		type: 'command',
		title: name.slice(0, 200),
		workspace: uri,
		command: {
			...commandOf(execution, said),
			cwd: cwd === undefined ? folderPath : resolve(folderPath, said(cwd)),
			env: {
				...(path === undefined ? {} : { PATH: path }),
				...Object.fromEntries(
					Object.entries(env ?? {}).map(([key, value]) => [key, said(String(value))]),
				),
			},
		},
		surroundings: editorSurroundings(process.env),
		...(errors === undefined ? {} : { errors }),
	};
}

function commandOf(execution: ProcessExecution | ShellExecution, said: (text: string) => string) {
	if (execution instanceof ProcessExecution) {
		return { command: said(execution.process), args: execution.args.map(said), shell: false };
	}
	const words = [execution.command, ...(execution.args ?? [])].filter((word) => word !== undefined);
	const line =
		execution.commandLine !== undefined
			? said(execution.commandLine)
			: shellLine(
					words.map((word) =>
						typeof word === 'string'
							? said(word)
							: { value: said(word.value), quoting: QUOTING[word.quoting] },
					),
					WINDOWS,
				);
	const { executable, shellArgs = ['-c'] } = execution.options ?? {};
	if (executable === undefined) return { command: line, args: [], shell: true };
	return { command: said(executable), args: [...shellArgs.map(said), line], shell: false };
}

const QUOTING: Record<ShellQuoting, Quoting> = {
	[ShellQuoting.Escape]: 'escape',
	[ShellQuoting.Strong]: 'strong',
	[ShellQuoting.Weak]: 'weak',
};

const noneIfEmpty = (names: readonly string[]) => (names.length === 0 ? undefined : names);

/** The texts of a definition, at any depth, with their variables. */
function resolved(task: Task, folder: WorkspaceFolder): Record<string, unknown> {
	const place = placeIn(folder);
	const deep = (value: unknown): unknown => {
		if (typeof value === 'string') return resolvedText(task.name, value, place);
		if (Array.isArray(value)) return value.map(deep);
		if (typeof value !== 'object' || value === null) return value;
		return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deep(one)]));
	};
	return deep({ ...task.definition }) as Record<string, unknown>;
}

export function wrongField(task: string, field: string): SemanticaError {
	return new SemanticaError(
		'VALIDATION',
		l10n.t('The task {0} has no usable "{1}" in tasks.json.', task, field),
	);
}

function placeIn(folder: WorkspaceFolder): TaskPlace {
	const editor = window.activeTextEditor;
	const shown =
		editor?.document.uri.scheme === 'file'
			? {
					file: editor.document.uri.fsPath,
					line: editor.selection.active.line + 1,
					selected: editor.document.getText(editor.selection),
				}
			: {};
	return {
		folder: folder.uri.fsPath,
		folders: Object.fromEntries(
			(workspace.workspaceFolders ?? []).map(({ name, uri }) => [name, uri.fsPath]),
		),
		...shown,
		home: homedir(),
		env: process.env,
		config: (key) => workspace.getConfiguration(undefined, folder.uri).get(key),
	};
}

function resolvedText(task: string, text: string, place: TaskPlace): string {
	try {
		return withVariables(text, place);
	} catch (error) {
		if (!(error instanceof Unresolved)) throw error;
		const { kind, variable } = error.problem;
		const why = {
			asks: l10n.t('{0} is answered by a person or an extension each time', variable),
			file: l10n.t('{0} needs a file in the active editor', variable),
			unknown: l10n.t('{0} stands for nothing here', variable),
		}[kind];
		throw new SemanticaError('VALIDATION', l10n.t('The task {0} cannot be a job: {1}.', task, why));
	}
}

/** What installed extensions contribute to the editor. */
function contributed(point: 'problemMatchers' | 'problemPatterns'): unknown[] {
	return extensions.all.flatMap(({ packageJSON }) => packageJSON?.contributes?.[point] ?? []);
}
