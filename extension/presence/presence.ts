/**
 * What the daemon may know of this window: that somebody uses it, that it opens and closes a folder, that a
 * commit was made. Told only to a daemon that runs anyway.
 */
import { pathToFileURL } from 'node:url';
import { workspace } from 'vscode';
import type { ParamsInput } from '../../shared/protocol/requests.ts';
import type { Link } from '../connection/link.ts';
import { openFolders } from '../indexing/folders.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { watchActivity } from './activity.ts';
import { watchCommits } from './commits.ts';
import { EVENTS } from './events.ts';
import { concerned } from './gitHead.ts';
import { Heartbeat } from './heartbeat.ts';
import { Openings } from './openings.ts';

/**
 * A window that is loaded again is closed and opened for the editor too: only that it comes back tells the two
 * apart, and on a busy machine that took half a minute.
 */
const RELOADED = { event: EVENTS.opened, withinMs: 60_000 } as const;

export interface Presence extends Disposable {
	/** Resolves when the daemon has taken it, or there is none. */
	farewell(): Promise<void>;
}

export function showPresence(
	link: Pick<Link, 'tell' | 'onDidChange'>,
	log: (message: string) => void,
): Presence {
	const lifetime = new Lifetime();
	const emit = async (event: ParamsInput<'event/emit'>, folders: readonly string[]) => {
		for (const folder of folders) {
			await link.tell('event/emit', { ...event, workspace: pathToFileURL(folder).href });
		}
	};
	// Every window on the repository notices it.
	const committed = (folder: string, commit: string) =>
		emit({ name: EVENTS.committed, occurrence: commit }, concerned(folder, paths()));
	const paths = () => openFolders().map(({ path }) => path);
	const openings = lifetime.own(new Openings(link, (folder) => paths().includes(folder)));

	const heartbeat = new Heartbeat(
		() => link.tell('activity/report', {}),
		() => performance.now(),
	);
	lifetime.own(watchActivity(heartbeat.noted));
	lifetime.own(watchCommits((folder, commit) => void committed(folder, commit), log));
	lifetime.own(workspace.onDidGrantWorkspaceTrust(() => void openings.tell(paths())));
	lifetime.own(
		workspace.onDidChangeWorkspaceFolders(({ added }) => {
			const folders = added.filter(({ uri }) => uri.scheme === 'file');
			void openings.tell(folders.map(({ uri }) => uri.fsPath));
		}),
	);
	void openings.tell(paths());
	return {
		farewell: () => emit({ name: EVENTS.closed, unless: RELOADED }, paths()),
		dispose: () => lifetime.dispose(),
	};
}
