/** Commits, as the editor's own git extension notices them. While that is absent or off, nothing is noticed. */
import { type Event, type Extension, extensions, type Uri } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import { Coalescer, type Disposable, Lifetime } from '../lifetime.ts';
import { GitHead, type HeadState } from './gitHead.ts';

/** What we use of the API of vscode.git, version 1. */
interface GitExtension {
	readonly enabled: boolean;
	readonly onDidChangeEnablement: Event<boolean>;
	getAPI(version: 1): GitApi;
}
interface GitApi {
	readonly repositories: readonly Repository[];
	readonly onDidOpenRepository: Event<Repository>;
	readonly onDidCloseRepository: Event<Repository>;
}
interface Repository {
	readonly rootUri: Uri;
	readonly state: { readonly HEAD: HeadState; readonly onDidChange: Event<void> };
}

/** A rebase moves HEAD many times: what follows within this time is one commit. */
const BURST_MS = 500;

/** Gets the path of the repository's folder, and the commit that HEAD stands on. */
export type Committed = (folder: string, commit: string) => void;

export function watchCommits(committed: Committed, log: (message: string) => void): Disposable {
	const lifetime = new Lifetime();
	const start = async (extension: Extension<GitExtension>) => {
		const git = await extension.activate();
		let watching: Disposable | undefined;
		// Its API cannot be had while it is off.
		const begin = () => {
			watching?.dispose();
			watching = git.enabled ? watchRepositories(git.getAPI(1), committed) : undefined;
		};
		lifetime.own(git.onDidChangeEnablement(begin));
		lifetime.own({ dispose: () => watching?.dispose() });
		begin();
	};
	// In Restricted Mode it is absent, and comes once the window is trusted.
	const look = () => {
		const extension = extensions.getExtension<GitExtension>('vscode.git');
		if (extension === undefined) return;
		coming.dispose();
		start(extension).catch((error: unknown) =>
			log(`Commits are not noticed: ${errorMessage(error)}`),
		);
	};
	const coming = lifetime.own(extensions.onDidChange(look));
	look();
	return lifetime;
}

function watchRepositories(api: GitApi, committed: Committed): Disposable {
	const lifetime = new Lifetime();
	const open = new Map<Repository, Disposable>();
	const opened = (repository: Repository) => {
		if (!open.has(repository)) open.set(repository, watchHead(repository, committed));
	};
	const closed = (repository: Repository) => {
		open.get(repository)?.dispose();
		open.delete(repository);
	};
	for (const repository of api.repositories) opened(repository);
	lifetime.own(api.onDidOpenRepository(opened));
	lifetime.own(api.onDidCloseRepository(closed));
	lifetime.own({ dispose: () => [...open.keys()].forEach(closed) });
	return lifetime;
}

function watchHead(repository: Repository, committed: Committed): Disposable {
	const lifetime = new Lifetime();
	const head = new GitHead();
	head.moved(repository.state.HEAD);
	const tell = () => {
		const commit = repository.state.HEAD?.commit;
		if (commit !== undefined) committed(repository.rootUri.fsPath, commit);
	};
	const later = lifetime.own(new Coalescer(BURST_MS, tell));
	lifetime.own(
		repository.state.onDidChange(() => {
			if (head.moved(repository.state.HEAD)) later.schedule();
		}),
	);
	return lifetime;
}
