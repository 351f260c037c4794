/** The shared queue as a text: whether it can be reached, its machines, and whose work runs here. */
import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import { fleetText } from '../fleet/text.ts';
import type { JobText, Translate } from '../jobs/text/text.ts';
import { createReadOnlyDocuments } from '../readOnlyDocument.ts';
import type { CommandBody } from './register.ts';

export function showFleet(link: Pick<Link, 'request'>, text: Pick<JobText, 'time'>): CommandBody {
	const translate: Translate = (message, ...args) => l10n.t(message, ...args);
	const documents = createReadOnlyDocuments('semantica-fleet', async () =>
		fleetText(await link.request('fleet/status', {}), translate, text.time),
	);
	return async () => documents.show(l10n.t('Shared Queue'), String(Date.now()));
}
