/**
 * What the daemon may know of this window: that somebody uses it, that it opens and closes a folder, that a
 * commit was made. Told only to a daemon that runs anyway.
 */
import { pathToFileURL } from 'node:url';
import { workspace } from 'vscode';
import type { Link } from '../connection/link.ts';
import { openFolders } from '../indexing/folders.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { watchActivity } from './activity.ts';
import { watchCommits } from './commits.ts';
import { concerned } from './gitHead.ts';
import { Heartbeat } from './heartbeat.ts';

/** Jobs wait for these by their names. */
export const EVENTS = {
	committed: 'git.commit',
	opened: 'workspace.opened',
	closed: 'window.closed',
} as const;

export interface Presence extends Disposable {
	/** Resolves when the daemon has taken it, or there is none. */
	farewell(): Promise<void>;
}

export function showPresence(link: Pick<Link, 'tell'>, log: (message: string) => void): Presence {
	const lifetime = new Lifetime();
	const emit = async (name: string, folders: readonly string[]) => {
		for (const folder of folders) {
			await link.tell('event/emit', { name, workspace: pathToFileURL(folder).href });
		}
	};
	const paths = () => openFolders().map(({ path }) => path);

	const heartbeat = new Heartbeat(
		() => link.tell('activity/report', {}),
		() => performance.now(),
	);
	lifetime.own(watchActivity(heartbeat.noted));
	lifetime.own(
		watchCommits((folder) => void emit(EVENTS.committed, concerned(folder, paths())), log),
	);
	lifetime.own(workspace.onDidGrantWorkspaceTrust(() => void emit(EVENTS.opened, paths())));
	lifetime.own(
		workspace.onDidChangeWorkspaceFolders(({ added }) => {
			const folders = added.filter(({ uri }) => uri.scheme === 'file');
			void emit(
				EVENTS.opened,
				folders.map(({ uri }) => uri.fsPath),
			);
		}),
	);
	void emit(EVENTS.opened, paths());
	return {
		farewell: () => emit(EVENTS.closed, paths()),
		dispose: () => lifetime.dispose(),
	};
}
