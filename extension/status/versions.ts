/** What a person is told of a daemon that leaves, or is of another build than this window. */
import { l10n } from 'vscode';
import type { LinkState } from '../connection/state.ts';
import type { JobStore } from '../jobs/store/store.ts';

/** Why nothing new begins and what ends that, in whole sentences; undefined where there is nothing to say. */
export function leavingText(
	state: LinkState,
	store: Pick<JobStore, 'draining' | 'counts'>,
): string | undefined {
	if (state.kind === 'handover') {
		return l10n.t(
			'The Semantica daemon {0} is older than this window. It makes way when what runs in it has ended.',
			state.server.version,
		);
	}
	const { draining } = store;
	if (state.kind !== 'connected' || draining === undefined) return undefined;
	const running = runningOf(store);
	switch (draining.mode) {
		case 'handover':
			if (running === 0) return l10n.t('{0} in a moment.', draining.reason);
			return running === 1
				? l10n.t(
						'{0} when 1 running job has ended. What you start meanwhile waits for it.',
						draining.reason,
					)
				: l10n.t(
						'{0} when {1} running jobs have ended. What you start meanwhile waits for it.',
						draining.reason,
						running,
					);
		case 'finish':
			return l10n.t(
				'The Semantica daemon takes no new jobs and leaves when what runs has ended ({0}).',
				draining.reason,
			);
		case 'stop':
			return l10n.t('The Semantica daemon is leaving ({0}).', draining.reason);
		case 'whenIdle':
			return undefined;
	}
}

/** Paused jobs run too, as far as leaving goes. */
export function runningOf({ counts }: Pick<JobStore, 'counts'>): number {
	return (counts?.['running'] ?? 0) + (counts?.['paused'] ?? 0);
}

/** The daemon's version beside the window's; its build too where only that is another one. */
export function daemonVersion(state: LinkState, own: string): string | undefined {
	if (state.kind !== 'connected' && state.kind !== 'handover') return undefined;
	const { version, buildId } = state.server;
	const sameVersion = state.kind === 'connected' && state.relation !== 'same' && version === own;
	return sameVersion ? buildId : version;
}
