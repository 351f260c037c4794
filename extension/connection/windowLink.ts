/** The link of this window, with the editor's facts filled in. Heavy code is loaded on first use. */
import { join } from 'node:path';
import {
	type Disposable,
	type ExtensionContext,
	type LogOutputChannel,
	l10n,
	workspace,
} from 'vscode';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { dataPaths } from '../../shared/paths.ts';
import { wasStoppedByPerson } from '../../shared/stopped.ts';
import { openFolders } from '../indexing/folders.ts';
import type { IndexedFolders } from '../indexing/indexedFolders.ts';
import type { Signal } from '../lifetime.ts';
import { Lifetime } from '../lifetime.ts';
import type { Log } from '../log.ts';
import { configuredHome, onDidChangeSetting, setting } from '../settings.ts';
import { applyDaemonSettings } from './daemonSettings.ts';
import { DAEMON_VALUE_NAMES, DAEMON_VALUES, daemonValue } from './daemonValues.ts';
import { applyLimits } from './limits.ts';
import { Link } from './link.ts';
import { openRunningDaemon, ownBuild } from './open.ts';

export type Notifications = Signal<{ readonly method: string; readonly params: unknown }>;

export function createWindowLink(
	context: ExtensionContext,
	channel: LogOutputChannel,
	notifications: Notifications,
	log: Log,
): Link {
	const version = String(context.extension.packageJSON.version);
	const distFolder = join(context.extensionPath, 'dist');
	return new Link({
		notifications,
		log: (message) => log.info('connection', message),
		refusal: () =>
			workspace.isTrusted
				? undefined
				: new SemanticaError('SYSTEM', l10n.t('Semantica runs nothing in Restricted Mode.')),
		open: async () => {
			const { openDaemonSocket } = await import('./launch.ts');
			return openDaemonSocket({
				home: configuredHome(),
				distFolder,
				execPath: process.execPath,
				env: process.env,
			});
		},
		openRunning: () => openRunningDaemon(configuredHome()),
		stoppedByPerson: () => wasStoppedByPerson(dataPaths(configuredHome())),
		build: () => ownBuild(distFolder),
		successor: async (server) => {
			const { reasonToMakeWay } = await import('./launch.ts');
			return reasonToMakeWay({ home: configuredHome(), distFolder }, server);
		},
		createClient: async (hooks) => {
			const { createLanguageClient } = await import('./languageClient.ts');
			return createLanguageClient(hooks, {
				log: channel,
				version,
				workspaceFolders: () => openFolders().map(({ uri }) => uri),
				notifications: ['jobs/changed', 'log/data', 'schedules/changed', 'jobs/ended'],
			});
		},
	});
}

/** What follows from being connected, and from settings that change meanwhile. */
export function keepInformed(link: Link, indexed: IndexedFolders, log: Log): Disposable {
	const lifetime = new Lifetime();
	const limits = () => {
		if (link.state.kind !== 'connected') return;
		void applyLimits(
			link,
			{
				'*': setting('limitJobs'),
				index: setting('limitIndexJobs'),
				default: setting('limitCommandJobs'),
			},
			(message) => log.warn('settings', message),
		);
	};
	const daemonSettings = () => {
		if (link.state.kind !== 'connected') return;
		const wanted = Object.fromEntries(
			DAEMON_VALUE_NAMES.map((name) => [
				DAEMON_VALUES[name].name,
				daemonValue(name, setting(name)),
			]),
		);
		void applyDaemonSettings(link, wanted, (message) => log.warn('settings', message));
	};
	const moved = async () => {
		const wanted = link.state.kind !== 'stopped';
		await link.stop();
		if (wanted) link.start();
	};
	lifetime.own(
		link.onDidChange((state) => {
			if (state.kind === 'failed' || state.kind === 'outdated')
				log.error('connection', state.error.message);
			if (state.kind !== 'connected') return;
			limits();
			daemonSettings();
			indexed
				.refresh()
				.catch((error) => log.warn('index', `Listing the indexes: ${errorMessage(error)}`));
		}),
	);
	lifetime.own(onDidChangeSetting(['limitJobs', 'limitIndexJobs', 'limitCommandJobs'], limits));
	lifetime.own(onDidChangeSetting(DAEMON_VALUE_NAMES, daemonSettings));
	lifetime.own(onDidChangeSetting(['dataFolder'], () => void moved()));
	return lifetime;
}
