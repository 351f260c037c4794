/** Links from what a log names to files that are there: in our terminals, and in logs that are open as files. */

import { homedir } from 'node:os';
import {
	commands,
	DocumentLink,
	languages,
	Range,
	type Terminal,
	type TerminalLink,
	type TerminalLinkProvider,
	type TextDocument,
	Uri,
	window,
} from 'vscode';
import { pathOfUri } from '../../../shared/inside.ts';
import type { Link } from '../../connection/link.ts';
import { LOG_SCHEME } from '../../contributions.ts';
import { type Disposable, Lifetime } from '../../lifetime.ts';
import { logOf } from './logFiles.ts';
import { existingFile, openPlace, type Target } from './openPlace.ts';
import { placesIn } from './places.ts';

const OPEN_PLACE = 'semantica.openPlaceOfLog';
/** Looked for on the disk, of one document. */
const MOST_PLACES = 2_000;

interface FileLink extends TerminalLink {
	readonly target: Target;
}

export interface LogLinks extends Disposable {
	/** Its lines are those of the job. */
	add(terminal: Terminal, id: string): void;
}

export function provideLogLinks(link: Pick<Link, 'request'>): LogLinks {
	const lifetime = new Lifetime();
	const jobs = new Map<Terminal, string>();
	const folders = new Map<string, Promise<string>>();

	const folderOf = (id: string): Promise<string> => {
		const known = folders.get(id);
		if (known !== undefined) return known;
		const asked = askForFolder(link, id);
		folders.set(id, asked);
		asked.catch(() => folders.delete(id));
		return asked;
	};

	const inTerminals: TerminalLinkProvider<FileLink> = {
		async provideTerminalLinks({ line, terminal }) {
			const id = jobs.get(terminal);
			return id === undefined ? [] : await linksIn(line, await folderOf(id));
		},
		handleTerminalLink: ({ target }) => openPlace(target),
	};
	lifetime.own(window.registerTerminalLinkProvider(inTerminals));
	lifetime.own(window.onDidCloseTerminal((terminal) => void jobs.delete(terminal)));
	lifetime.own(
		languages.registerDocumentLinkProvider(
			{ scheme: LOG_SCHEME },
			{
				provideDocumentLinks: async (document) =>
					linksOf(document, await folderOf(logOf(document.uri).id)),
			},
		),
	);
	lifetime.own(
		commands.registerCommand(OPEN_PLACE, async (target: unknown) => {
			if (isTarget(target)) await openPlace(target);
		}),
	);
	return {
		add: (terminal, id) => void jobs.set(terminal, id),
		dispose: () => lifetime.dispose(),
	};
}

async function askForFolder(link: Pick<Link, 'request'>, id: string): Promise<string> {
	const { job } = await link.request('job/get', { id });
	const folder = job.workspace === null ? undefined : pathOfUri(job.workspace);
	return job.command?.cwd ?? folder ?? homedir();
}

async function linksIn(line: string, folder: string): Promise<FileLink[]> {
	const links = placesIn(line).map(async ({ path, start, length, ...at }) => {
		const file = await existingFile(path, folder);
		return file === undefined
			? []
			: [{ startIndex: start, length, tooltip: file, target: { file, ...at } }];
	});
	return (await Promise.all(links)).flat();
}

async function linksOf(document: TextDocument, folder: string): Promise<DocumentLink[]> {
	const files = new Map<string, Promise<string | undefined>>();
	const found: DocumentLink[] = [];
	for (let at = 0; at < document.lineCount && files.size < MOST_PLACES; at++) {
		for (const { path, start, length, ...place } of placesIn(document.lineAt(at).text)) {
			const looked = files.get(path) ?? existingFile(path, folder);
			files.set(path, looked);
			const file = await looked;
			if (file === undefined) continue;
			const target = encodeURIComponent(JSON.stringify([{ file, ...place }]));
			const range = new Range(at, start, at, start + length);
			const documentLink = new DocumentLink(range, Uri.parse(`command:${OPEN_PLACE}?${target}`));
			documentLink.tooltip = file;
			found.push(documentLink);
		}
	}
	return found;
}

/** A command may be called by anybody. */
function isTarget(value: unknown): value is Target {
	if (typeof value !== 'object' || value === null) return false;
	const { file, line = 1, column = 1 } = value as Record<string, unknown>;
	return typeof file === 'string' && isPlace(line) && isPlace(column);
}

const isPlace = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 1;
