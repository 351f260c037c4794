/** Logs in terminals and as files: their code is read when somebody first opens one, or the editor one from before. */
import { EventEmitter, type FileChangeEvent, FileSystemError, workspace } from 'vscode';
import { LOG_SCHEME } from '../contributions.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import type { SetContext } from '../status/contextKeys.ts';
import type { FeedPorts } from './feed.ts';
import type { LogViews } from './logViews.ts';

export interface LogViewsOnDemand extends Disposable {
	openTerminal(id: string): Promise<void>;
	openFile(id: string): Promise<void>;
	/** As `LogViews` does. */
	follow(): Promise<void>;
	unfollow(): Promise<void>;
	toggleTimes(): Promise<void>;
}

export function logViewsOnDemand(ports: FeedPorts, setContext: SetContext): LogViewsOnDemand {
	const lifetime = new Lifetime();
	const changes = lifetime.own(new EventEmitter<FileChangeEvent[]>());
	let made: Promise<LogViews> | undefined;
	const views = () => {
		made ??= import('./logViews.ts').then(({ createLogViews }) =>
			lifetime.own(createLogViews(ports, changes, setContext)),
		);
		return made;
	};
	const refuse = () => {
		throw FileSystemError.NoPermissions();
	};
	lifetime.own(
		workspace.registerFileSystemProvider(
			LOG_SCHEME,
			{
				onDidChangeFile: changes.event,
				watch: () => ({ dispose: () => {} }),
				stat: async (uri) => (await views()).stat(uri),
				readFile: async (uri) => (await views()).readFile(uri),
				readDirectory: () => [],
				createDirectory: refuse,
				writeFile: refuse,
				delete: refuse,
				rename: refuse,
			},
			{ isReadonly: true },
		),
	);
	return {
		openTerminal: async (id) => (await views()).openTerminal(id),
		openFile: async (id) => (await views()).openFile(id),
		follow: async () => (await views()).follow(),
		unfollow: async () => (await views()).unfollow(),
		toggleTimes: async () => (await views()).toggleTimes(),
		dispose: () => lifetime.dispose(),
	};
}
