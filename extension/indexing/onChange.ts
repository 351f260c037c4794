/** Keeps an index current with what others change: terminals, agents, branch switches. The editor watches anyway. */
import { type Disposable, type Uri, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from '../connection/link.ts';
import { Coalescer, Lifetime } from '../lifetime.ts';
import { setting } from '../settings.ts';
import { contains } from './contains.ts';
import { openFolders } from './folders.ts';
import type { IndexedFolders } from './indexedFolders.ts';
import type { Indexer } from './indexer.ts';
import type { MissedFolders } from './missed.ts';
import type { IndexedFolder } from './specs.ts';

export interface WatchPorts {
	readonly indexer: Indexer;
	readonly indexed: IndexedFolders;
	readonly link: Pick<Link, 'request'>;
	readonly missed: MissedFolders;
	readonly log: (message: string) => void;
}

/** A burst is looked at once. By then what was saved here has been indexed by its own job. */
const PAUSE_MS = 1500;
/** More is no list of files any more but a change of the folder. */
const MOST = 1000;
const NOT_OURS = /[\\/](?:\.git|node_modules)(?:[\\/]|$)/;

export function indexOnChange({ indexer, indexed, link, missed, log }: WatchPorts): Disposable {
	const lifetime = new Lifetime();
	let changed = new Set<string>();
	const look = async (): Promise<void> => {
		const seen = [...changed];
		changed = new Set();
		for (const folder of openFolders()) {
			for (const index of await indexed.within(folder)) {
				const inside = seen.filter((path) => path !== index.path && contains(index.path, path));
				if (inside.length > 0) await missed.orMissed(index, () => follow(index, inside));
			}
		}
	};
	const follow = async (index: IndexedFolder, inside: readonly string[]): Promise<void> => {
		const paths = inside.map((path) => path.slice(index.path.length + 1).replaceAll('\\', '/'));
		const { files, walk } =
			inside.length > MOST
				? { files: [], walk: true }
				: await link.request('index/stale', { workspace: index.uri, paths });
		if (walk) await indexer.byItself(index, 'wait');
		else if (files.length > 0) await indexer.changed(index, files);
	};
	const pause = lifetime.own(
		new Coalescer(PAUSE_MS, () => {
			look().catch((error: unknown) => log(`Changed files: ${errorMessage(error)}`));
		}),
	);
	const note = (uri: Uri): void => {
		if (uri.scheme !== 'file' || NOT_OURS.test(uri.fsPath)) return;
		if (!workspace.isTrusted || !setting('indexOnChange', uri)) return;
		if (changed.size <= MOST) changed.add(uri.fsPath);
		pause.schedule();
	};
	const watcher = lifetime.own(workspace.createFileSystemWatcher('**/*'));
	lifetime.own(watcher.onDidChange(note));
	lifetime.own(watcher.onDidCreate(note));
	lifetime.own(watcher.onDidDelete(note));
	return lifetime;
}
