/** Indexes follow their folders: when those are opened, saved in, and changed by others. */
import type { Link } from '../connection/link.ts';
import type { JobStore } from '../jobs/store/store.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { indexOnOpen } from './automatic.ts';
import type { IndexedFolders } from './indexedFolders.ts';
import type { Indexer } from './indexer.ts';
import { MissedFolders } from './missed.ts';
import { indexOnChange } from './onChange.ts';
import { indexOnSave } from './onSave.ts';

export interface CurrencyPorts {
	readonly indexer: Indexer;
	readonly indexed: IndexedFolders;
	readonly link: Pick<Link, 'request' | 'state' | 'onDidChange'>;
	readonly store: JobStore;
	readonly log: (message: string) => void;
}

export function keepIndexesCurrent(ports: CurrencyPorts): Disposable {
	const { indexer, link, log } = ports;
	const lookThrough = (folder: Parameters<Indexer['byItself']>[0]) =>
		indexer.byItself(folder, 'wait');
	const lifetime = new Lifetime();
	const missed = lifetime.own(new MissedFolders({ link, lookThrough, log }));
	lifetime.own(indexOnSave({ ...ports, missed }));
	lifetime.own(indexOnChange({ ...ports, missed }));
	lifetime.own(indexOnOpen({ ...ports, missed }));
	return lifetime;
}
