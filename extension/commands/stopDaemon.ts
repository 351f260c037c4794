import { l10n, window } from 'vscode';
import { findDaemon } from '../../shared/client/launch.ts';
import { dataPaths } from '../../shared/paths.ts';
import { STOPPED_FROM } from '../../shared/stopped.ts';
import type { Link } from '../connection/link.ts';
import type { JobStore } from '../jobs/store/store.ts';
import { rowTitle } from '../jobs/text/title.ts';
import { showInformation } from '../messages.ts';
import type { CommandBody } from './register.ts';

/** What running jobs get to end by themselves, and what a daemon waits for them at most. */
const STOP_MS = 10_000;
const FINISH_MS = 86_400_000;
/** Of more, only that there are more. */
const NAMED = 5;

/** Ends the daemon until somebody needs it again, after a question where something runs. */
export function stopDaemon(
	link: Link,
	store: JobStore,
	loaded: () => Promise<void>,
	home: () => string,
): CommandBody {
	return async () => {
		const joined = link.state.kind === 'connected' || link.state.kind === 'handover';
		if (!joined && (await findDaemon(dataPaths(home()))) === undefined) {
			void showInformation(l10n.t('The Semantica daemon does not run.'));
			return;
		}
		await loaded();
		const mode = await howToStop(store);
		if (mode === undefined) return;
		link.leave();
		const timeoutMs = mode === 'stop' ? STOP_MS : FINISH_MS;
		await link.request('system/drain', { reason: STOPPED_FROM.editor, mode, timeoutMs });
		if (mode === 'finish') return;
		window.setStatusBarMessage(l10n.t('$(check) The Semantica daemon stops.'), 4_000);
	};
}

async function howToStop(store: JobStore): Promise<'stop' | 'finish' | undefined> {
	const running = store.group('running');
	if (running.length === 0) return 'stop';
	const now = l10n.t('Stop Now');
	const later = l10n.t('Stop When They Have Ended');
	const choice = await window.showWarningMessage(
		running.length === 1
			? l10n.t('1 job runs. Stop the Semantica daemon?')
			: l10n.t('{0} jobs run. Stop the Semantica daemon?', running.length),
		{ modal: true, detail: consequences(store) },
		now,
		later,
	);
	if (choice === now) return 'stop';
	return choice === later ? 'finish' : undefined;
}

/** What becomes of what runs, of what waits and of what is scheduled. */
function consequences(store: JobStore): string {
	const running = store.group('running').filter(({ phase }) => phase !== 'children');
	const lost = running.filter(({ restartable }) => !restartable);
	const names = lost.slice(0, NAMED).map(({ title }) => rowTitle(title));
	const waiting = store.counts?.queued ?? 0;
	return [
		lost.length === 0
			? ''
			: l10n.t(
					'Stopped now, these are interrupted and fail: {0}.',
					[...names, ...(lost.length > NAMED ? ['…'] : [])].join(', '),
				),
		lost.length < running.length
			? l10n.t('What may be begun again goes on when the daemon starts again.')
			: '',
		waiting === 0 ? '' : l10n.t('What waits ({0}) starts then, too.', waiting),
		l10n.t('No schedule fires meanwhile. The next command that needs the daemon starts it.'),
	]
		.filter((line) => line !== '')
		.join('\n');
}
