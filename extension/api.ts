/** The API that `activate` returns, for other extensions (docs/sdk.md). */
import { l10n, workspace } from 'vscode';
import type { SemanticaApi } from '../sdk/api.ts';
import { SemanticaError } from '../shared/errors.ts';
import type { PublicApiPorts } from './publicApi.ts';

export function createApi(ports: PublicApiPorts): SemanticaApi {
	return {
		version: 1,
		async connect({ name = 'vscode-extension' } = {}) {
			if (!workspace.isTrusted) {
				throw new SemanticaError('SYSTEM', l10n.t('Semantica runs nothing in Restricted Mode.'));
			}
			const { connectFor } = await import('./publicApi.ts');
			return connectFor(name, ports);
		},
	};
}
