/**
 * Texts of our own as files that nobody can change. Unlike documents of a content provider, those that are open are
 * there again after the window was loaded anew.
 */
import {
	EventEmitter,
	type FileChangeEvent,
	FileChangeType,
	FilePermission,
	FileSystemError,
	type FileSystemProvider,
	FileType,
	Uri,
	window,
	workspace,
} from 'vscode';
import { type Disposable, Lifetime } from './lifetime.ts';

export interface ReadOnlyFiles extends Disposable {
	/** Opens it, or comes back to it. */
	show(name: string, key: string): Promise<void>;
	/** Its text is another one; where it is open, it is made anew. */
	changed(key: string): void;
	/** Keys of those that are open. */
	open(): ReadonlySet<string>;
	/** Undefined for what is none of ours. */
	keyOf(uri: Uri): string | undefined;
}

interface Made {
	readonly bytes: Uint8Array;
	/** By which the editor sees that it is another one. */
	readonly mtime: number;
}

/** @param make The text of a key, also where there is none: then why. */
export function createReadOnlyFiles(
	scheme: string,
	make: (key: string) => Promise<string>,
): ReadOnlyFiles {
	const lifetime = new Lifetime();
	const changes = lifetime.own(new EventEmitter<FileChangeEvent[]>());
	const made = new Map<string, Made>();
	const encoder = new TextEncoder();

	const makeAnew = async ({ query }: Uri): Promise<Made> => {
		const bytes = encoder.encode(await make(query));
		const before = made.get(query);
		if (before !== undefined && Buffer.compare(before.bytes, bytes) === 0) return before;
		const now: Made = { bytes, mtime: Math.max(Date.now(), (before?.mtime ?? 0) + 1) };
		made.set(query, now);
		return now;
	};
	const refuse = () => {
		throw FileSystemError.NoPermissions();
	};
	const provider: FileSystemProvider = {
		onDidChangeFile: changes.event,
		watch: () => ({ dispose: () => {} }),
		async stat(uri) {
			const { bytes, mtime } = await makeAnew(uri);
			const permissions = FilePermission.Readonly;
			return { type: FileType.File, ctime: 0, mtime, size: bytes.length, permissions };
		},
		// The editor looks first, and reads what it saw.
		readFile: async (uri) => (made.get(uri.query) ?? (await makeAnew(uri))).bytes,
		readDirectory: () => [],
		createDirectory: refuse,
		writeFile: refuse,
		delete: refuse,
		rename: refuse,
	};
	lifetime.own(workspace.registerFileSystemProvider(scheme, provider, { isReadonly: true }));
	lifetime.own(
		workspace.onDidCloseTextDocument(({ uri }) => {
			if (uri.scheme === scheme) made.delete(uri.query);
		}),
	);

	const ours = () =>
		workspace.textDocuments.map(({ uri }) => uri).filter((uri) => uri.scheme === scheme);
	const changed = (key: string) => {
		const uris = ours().filter(({ query }) => query === key);
		if (uris.length > 0) changes.fire(uris.map((uri) => ({ type: FileChangeType.Changed, uri })));
	};
	return {
		changed,
		open: () => new Set(ours().map(({ query }) => query)),
		keyOf: (uri) => (uri.scheme === scheme ? uri.query : undefined),
		async show(name, key) {
			// A title may hold what a path must not.
			const plain = name.replace(/[\p{C}/\\?#]+/gu, ' ').trim();
			const uri = Uri.from({ scheme, path: `/${plain.slice(0, 80) || scheme}`, query: key });
			changed(key);
			await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
		},
		dispose: () => lifetime.dispose(),
	};
}
