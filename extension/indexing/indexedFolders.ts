/** Which folders have an index, remembered across sessions, so that a save need not wake a daemon to find out. */
import { basename, join } from 'node:path';
import type { Link } from '../connection/link.ts';
import { Signal } from '../lifetime.ts';
import type { Memory } from '../machineMemory.ts';
import { canonicalUri } from './canonicalUri.ts';
import type { IndexedFolder } from './specs.ts';

const KEY = 'indexedFolders';

export class IndexedFolders {
	readonly #memory: Memory;
	readonly #link: Pick<Link, 'request'>;
	/** Asked for here and not yet known to the daemon: an index appears only when its job starts. */
	readonly #awaited = new Set<string>();
	#changing: Promise<void> = Promise.resolve();
	/** The last look at the daemon's list. */
	#refreshing: Promise<void> = Promise.resolve();
	readonly #refreshes = new Signal<void>();
	/** The daemon has said which indexes there are. */
	readonly onDidRefresh = this.#refreshes.on;

	constructor(memory: Memory, link: Pick<Link, 'request'>) {
		this.#memory = memory;
		this.#link = link;
	}

	async has(folder: IndexedFolder): Promise<boolean> {
		return (await this.#known()).includes(await canonicalUri(folder));
	}

	/** Indexes of the folder and of folders in it, named as this window names the folder; the outermost first. */
	async within(folder: IndexedFolder): Promise<IndexedFolder[]> {
		const outer = await canonicalUri(folder);
		const inside = outer.endsWith('/') ? outer : `${outer}/`;
		return (await this.#known())
			.filter((uri) => uri === outer || uri.startsWith(inside))
			.sort((a, b) => a.length - b.length)
			.map((uri) => {
				const path = join(folder.path, decodeURIComponent(uri.slice(outer.length)));
				return { uri, path, name: basename(path) };
			});
	}

	async add(folder: IndexedFolder): Promise<void> {
		const uri = await canonicalUri(folder);
		this.#awaited.add(uri);
		await this.#change((known) => (known.includes(uri) ? known : [...known, uri]));
	}

	/** The daemon's list replaces what was remembered: indexes are also made and deleted elsewhere. */
	refresh(): Promise<void> {
		this.#refreshing = this.#refresh();
		return this.#refreshing;
	}

	/** Resolves, or rejects, with the look at the daemon's list that is under way, if one is. */
	settled(): Promise<void> {
		return this.#refreshing;
	}

	async #refresh(): Promise<void> {
		const { indexes } = await this.#link.request('index/status', {});
		const uris = indexes.map(({ workspace }) => workspace);
		for (const uri of uris) this.#awaited.delete(uri);
		await this.#change(() => [...uris, ...this.#awaited]);
		this.#refreshes.emit();
	}

	/** One after the other, each upon what the one before has left. */
	#change(of: (known: readonly string[]) => readonly string[]): Promise<void> {
		const turn = this.#changing.then(async () => this.#memory.update(KEY, of(await this.#known())));
		this.#changing = turn.catch(() => {});
		return turn;
	}

	#known(): PromiseLike<readonly string[]> {
		return this.#memory.get(KEY, []);
	}
}
