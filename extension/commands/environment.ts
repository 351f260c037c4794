import { l10n } from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import type { KeptEnvironments } from '../environment/kept.ts';
import type { CommandBody } from './register.ts';
import { chooseCwd, placeOf } from './whereItRuns.ts';

/** Shows and changes which environment commands have that are run in a folder of this window. */
export function environment(kept: KeptEnvironments): CommandBody {
	return async () => {
		if (process.platform === 'win32') {
			throw new SemanticaError(
				'VALIDATION',
				l10n.t(
					'On Windows no environment is taken from terminals; commands have the editor’s PATH.',
				),
			);
		}
		const folder = await chooseCwd();
		if (folder === undefined) return;
		const { chooseEnvironment } = await import('../environment/chooseEnvironment.ts');
		await chooseEnvironment(kept, placeOf(folder));
	};
}
