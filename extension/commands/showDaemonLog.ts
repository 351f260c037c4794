import { stat } from 'node:fs/promises';
import { commands, l10n, Uri } from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import { dataPaths } from '../../shared/paths.ts';
import type { CommandBody } from './register.ts';

/** Opens the daemon's log file, whether or not a daemon runs. */
export function showDaemonLog(home: () => string): CommandBody {
	return async () => {
		const { daemonLog } = dataPaths(home());
		const exists = await stat(daemonLog).then(
			() => true,
			() => false,
		);
		if (!exists) {
			throw new SemanticaError(
				'NOT_FOUND',
				l10n.t('There is no daemon log yet: {0} appears when the daemon first starts.', daemonLog),
			);
		}
		await commands.executeCommand('vscode.open', Uri.file(daemonLog), { preview: true });
	};
}
