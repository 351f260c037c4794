import { l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import { VIEWS } from '../contributions.ts';
import type { CommandBody } from './register.ts';

/** Joins the daemon, which another window may have started meanwhile, or starts it. */
export function startDaemon(link: Link): CommandBody {
	return async () => {
		await window.withProgress({ location: { viewId: VIEWS.jobs } }, () =>
			link.request('system/status', {}),
		);
		window.setStatusBarMessage(l10n.t('$(check) The Semantica daemon runs.'), 4_000);
	};
}
