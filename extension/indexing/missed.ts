/** Folders of which something could not be told to a daemon: looked through once there is one again. */
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from '../connection/link.ts';
import type { Disposable } from '../lifetime.ts';
import type { IndexedFolder } from './specs.ts';

export interface MissedPorts {
	readonly link: Pick<Link, 'state' | 'onDidChange'>;
	readonly lookThrough: (folder: IndexedFolder) => Promise<unknown>;
	readonly log: (message: string) => void;
}

export class MissedFolders implements Disposable {
	readonly #folders = new Map<string, IndexedFolder>();
	readonly #ports: MissedPorts;
	readonly #listening: Disposable;

	constructor(ports: MissedPorts) {
		this.#ports = ports;
		this.#listening = ports.link.onDidChange(({ kind }) => {
			if (kind !== 'connected') return;
			const missed = [...this.#folders.values()];
			this.#folders.clear();
			for (const folder of missed) void this.orMissed(folder, () => ports.lookThrough(folder));
		});
	}

	/** Does it, or has the folder looked through later. */
	async orMissed<T>(folder: IndexedFolder, deed: () => Promise<T>): Promise<T | undefined> {
		try {
			const { state } = this.#ports.link;
			// It waits for a person: to ask would only try to start the daemon once more.
			if (state.kind === 'failed' || state.kind === 'outdated') throw state.error;
			return await deed();
		} catch (error) {
			this.#folders.set(folder.uri, folder);
			this.#ports.log(`${folder.path} was not brought up to date: ${errorMessage(error)}`);
			return undefined;
		}
	}

	dispose(): void {
		this.#listening.dispose();
	}
}
