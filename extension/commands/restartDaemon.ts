import { l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import { restartDaemon } from '../connection/restart.ts';
import { VIEWS } from '../contributions.ts';
import type { JobStore } from '../jobs/store/store.ts';
import { rowTitle } from '../jobs/text/title.ts';
import type { Log } from '../log.ts';
import type { CommandBody } from './register.ts';

/** Of more jobs, only that there are more. */
const NAMED = 5;

/** Restarts the daemon, or starts it where none runs. */
export function restartDaemonCommand(
	link: Link,
	store: JobStore,
	loaded: () => Promise<void>,
	home: () => string,
	log: Log,
): CommandBody {
	return async () => {
		const restarted = await window.withProgress({ location: { viewId: VIEWS.jobs } }, () =>
			restartDaemon({
				link,
				home,
				loaded,
				confirmInterruption: () => confirmInterruption(store),
				confirmUnseen,
				confirmKill,
				log: (line) => log.warn('daemon', line),
			}),
		);
		if (!restarted) return;
		window.setStatusBarMessage(l10n.t('$(check) The Semantica daemon runs.'), 4_000);
	};
}

/** Commands that run would be lost; index jobs simply go on afterwards. */
async function confirmInterruption(store: JobStore): Promise<boolean> {
	const lost = store.group('running').filter((job) => !job.restartable && job.phase !== 'children');
	if (lost.length === 0) return true;
	const restart = l10n.t('Restart');
	const names = lost.slice(0, NAMED).map(({ title }) => rowTitle(title));
	const more = lost.length > NAMED ? ['…'] : [];
	const choice = await window.showWarningMessage(
		l10n.t('Restarting the daemon interrupts {0}.', [...names, ...more].join(', ')),
		{ modal: true, detail: l10n.t('Interrupted commands fail. Index jobs go on afterwards.') },
		restart,
	);
	return choice === restart;
}

async function confirmUnseen(running: number): Promise<boolean> {
	const update = l10n.t('Update Now');
	const choice = await window.showWarningMessage(
		running === 1
			? l10n.t('1 job still runs in the older Semantica daemon.')
			: l10n.t('{0} jobs still run in the older Semantica daemon.', running),
		{ modal: true, detail: l10n.t('Interrupted commands fail. Index jobs go on afterwards.') },
		update,
	);
	return choice === update;
}

async function confirmKill(pid: number): Promise<boolean> {
	const end = l10n.t('End Process');
	const choice = await window.showWarningMessage(
		l10n.t('The Semantica daemon (process {0}) does not answer.', pid),
		{
			modal: true,
			detail: l10n.t('End the process and start a new one? Running jobs are interrupted.'),
		},
		end,
	);
	return choice === end;
}
