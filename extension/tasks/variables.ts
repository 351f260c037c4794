/** `${…}` in tasks, as the editor fills them in. What only a person or an extension could answer is refused. */
import { basename, dirname, extname, relative, sep } from 'node:path';

export interface TaskPlace {
	/** Of the folder that the task is of. */
	readonly folder: string;
	/** Of the other folders by their names. */
	readonly folders: Readonly<Record<string, string>>;
	/** What the active editor shows, where that is a file. */
	readonly file?: string;
	readonly line?: number;
	readonly selected?: string;
	readonly home: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	config(key: string): unknown;
}

/** Why a task cannot be a job. */
export type TaskProblem =
	| { readonly kind: 'asks'; readonly variable: string }
	| { readonly kind: 'file'; readonly variable: string }
	| { readonly kind: 'unknown'; readonly variable: string };

export class Unresolved extends Error {
	readonly problem: TaskProblem;
	constructor(problem: TaskProblem) {
		super(problem.variable);
		this.problem = problem;
	}
}

/** @throws Unresolved */
export function withVariables(text: string, place: TaskPlace): string {
	return text.replace(/\$\{([^}]*)\}/g, (variable, name: string) => {
		const [kind = '', ...rest] = name.split(':');
		return meant(variable, kind, rest.join(':'), place);
	});
}

function meant(variable: string, kind: string, of: string, place: TaskPlace): string {
	const unknown = () => new Unresolved({ kind: 'unknown', variable });
	const file = () => {
		if (place.file === undefined) throw new Unresolved({ kind: 'file', variable });
		return place.file;
	};
	const folder = () => {
		const path = of === '' ? place.folder : place.folders[of];
		if (path === undefined) throw unknown();
		return path;
	};
	switch (kind) {
		case 'input':
		case 'command':
			throw new Unresolved({ kind: 'asks', variable });
		case 'workspaceFolder':
		case 'workspaceRoot':
			return folder();
		case 'workspaceFolderBasename':
			return basename(folder());
		case 'cwd':
			return place.folder;
		case 'userHome':
			return place.home;
		case 'pathSeparator':
		case '/':
			return sep;
		case 'env':
			// As the editor has it: nothing where it is not set.
			return place.env[of] ?? '';
		case 'config': {
			const value = place.config(of);
			if (!['string', 'number', 'boolean'].includes(typeof value)) throw unknown();
			return String(value);
		}
		case 'file':
			return file();
		case 'fileBasename':
			return basename(file());
		case 'fileBasenameNoExtension':
			return basename(file(), extname(file()));
		case 'fileExtname':
			return extname(file());
		case 'fileDirname':
			return dirname(file());
		case 'fileWorkspaceFolder':
			return place.folder;
		case 'relativeFile':
			return relative(place.folder, file());
		case 'relativeFileDirname':
			return relative(place.folder, dirname(file())) || '.';
		case 'lineNumber':
			if (place.line === undefined) throw new Unresolved({ kind: 'file', variable });
			return String(place.line);
		case 'selectedText':
			return place.selected ?? '';
		default:
			throw unknown();
	}
}
