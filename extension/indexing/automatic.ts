/** Indexing that nobody asked for: folders are brought up to date when they are opened, without being in the way. */
import { l10n, type Uri, window, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from '../connection/link.ts';
import type { JobStore } from '../jobs/store/store.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { showInformation } from '../messages.ts';
import { setting } from '../settings.ts';
import { returnsAfterLong } from './away.ts';
import { indexedFolder } from './folders.ts';
import type { IndexedFolders } from './indexedFolders.ts';
import type { Indexer } from './indexer.ts';
import type { MissedFolders } from './missed.ts';
import type { IndexedFolder } from './specs.ts';

export interface AutomaticPorts {
	readonly indexer: Indexer;
	readonly indexed: IndexedFolders;
	readonly link: Pick<Link, 'request'>;
	readonly store: JobStore;
	readonly missed: MissedFolders;
	readonly log: (message: string) => void;
}

export function indexOnOpen(ports: AutomaticPorts): Disposable {
	const lifetime = new Lifetime();
	const { indexer, indexed, link, store, missed, log } = ports;
	/** Once per window is enough: from then on it is kept current by saves. */
	const begun = new Set<string>();

	const index = async (uri: Uri) => {
		const when = setting('indexOnOpen', uri);
		if (uri.scheme !== 'file' || !workspace.isTrusted || when === 'off') return;
		const folder = indexedFolder(uri);
		if (begun.has(folder.uri)) return;
		if (when !== 'always' && !(await indexed.has(folder))) return;
		begun.add(folder.uri);
		const onBattery = setting('indexOnBattery', uri);
		const id = await broughtUpToDate(folder, onBattery);
		if (id !== undefined && onBattery === 'ask') lifetime.own(askOnBattery(id, folder));
	};

	/** What was brought up to date at its opening, and nobody is asked about. */
	const again = async (uri: Uri) => {
		if (!workspace.isTrusted || !setting('indexOnChange', uri)) return;
		const folder = indexedFolder(uri);
		if (!begun.has(folder.uri)) return;
		await broughtUpToDate(folder, setting('indexOnBattery', uri));
	};

	const broughtUpToDate = (folder: IndexedFolder, onBattery: unknown) =>
		missed.orMissed(folder, () => indexer.byItself(folder, onBattery === 'run' ? 'run' : 'wait'));

	/** Asks once, when the job is found to wait for power. */
	const askOnBattery = (id: string, folder: IndexedFolder): Disposable => {
		let asking = false;
		const look = async () => {
			if (asking) return;
			asking = true;
			const { job, explanation } = await link.request('job/get', { id }).catch((error) => {
				asking = false;
				throw error;
			});
			const power = explanation.reasons.find(({ kind }) => kind === 'power');
			asking = power !== undefined;
			if (job.state !== 'queued' || power !== undefined) listening.dispose();
			if (power !== undefined && (await confirmed(folder.name, power.message))) {
				await link.request('job/runNow', { ids: [id] });
			}
		};
		const listening = store.onDidChange(() => void look().catch(failed(folder.path)));
		void look().catch(failed(folder.path));
		return listening;
	};

	const failed = (path: string) => (error: unknown) =>
		log(`${path} was not indexed by itself: ${errorMessage(error)}`);
	const all = (folders: readonly { readonly uri: Uri }[]) => {
		for (const { uri } of folders) index(uri).catch(failed(uri.fsPath));
	};
	const allOpen = () => all(workspace.workspaceFolders ?? []);
	const isReturn = returnsAfterLong(Date.now);
	const back = ({ focused }: { readonly focused: boolean }) => {
		if (!isReturn(focused)) return;
		for (const { uri } of workspace.workspaceFolders ?? []) again(uri).catch(failed(uri.fsPath));
	};
	lifetime.own(window.onDidChangeWindowState(back));
	lifetime.own(workspace.onDidChangeWorkspaceFolders(({ added }) => all(added)));
	lifetime.own(workspace.onDidGrantWorkspaceTrust(allOpen));
	// Some were indexed elsewhere, on the command line for example: the first daemon that we meet knows.
	const meeting = indexed.onDidRefresh(() => {
		meeting.dispose();
		allOpen();
	});
	lifetime.own(meeting);
	allOpen();
	return lifetime;
}

async function confirmed(name: string, why: string): Promise<boolean> {
	const now = l10n.t('Index Now');
	const message = l10n.t('The index of {0} is {1}.', name, why);
	return (await showInformation(message, now, l10n.t('Wait'))) === now;
}
