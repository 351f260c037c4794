import { homedir } from 'node:os';
import { env, l10n, version, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from '../connection/link.ts';
import { SETTINGS } from '../contributions.ts';
import { createReadOnlyDocuments } from '../readOnlyDocument.ts';
import type { CommandBody } from './register.ts';

/** One text to paste where help is asked for: no token, no title, no command, and nobody's name. */
export function diagnose(link: Link, home: () => string, own: string): CommandBody {
	const documents = createReadOnlyDocuments('semantica-report', async () =>
		withoutHome([...hereLines(own), '', ...(await daemonLines())].join('\n')),
	);

	async function daemonLines(): Promise<string[]> {
		try {
			const { checks } = await link.request('system/diagnose', {}, 60_000);
			const status = await link.request('system/status', {});
			const counts = Object.entries(status.counts).map(([state, n]) => `${state} ${n}`);
			return [
				`Daemon ${status.version}, ${status.platform ?? process.platform}, data folder ${home()}`,
				`Jobs: ${counts.join(', ')}`,
				'',
				...checks.map(({ name, ok, message }) => `${ok ? 'ok ' : 'BAD'} ${name}: ${message}`),
				'',
			];
		} catch (error) {
			return [`The daemon does not answer: ${errorMessage(error)}`, `Data folder: ${home()}`, ''];
		}
	}

	return async () => documents.show(l10n.t('Semantica Diagnosis'), String(Date.now()));
}

function hereLines(own: string): string[] {
	const changed = Object.values(SETTINGS).flatMap(({ key, default: standard }) => {
		const value = workspace.getConfiguration().get(key);
		return JSON.stringify(value) === JSON.stringify(standard)
			? []
			: [`  ${key}: ${JSON.stringify(value)}`];
	});
	return [
		`Semantica ${own} in ${env.appName} ${version}, ${process.platform}-${process.arch}, Node ${process.versions.node}`,
		`Window: ${workspace.isTrusted ? 'trusted' : 'restricted'}, folders: ${workspace.workspaceFolders?.length ?? 0}, ${env.remoteName === undefined ? 'local' : 'remote'}`,
		changed.length === 0 ? 'Settings: all as they come' : 'Settings that differ:',
		...changed,
	];
}

/** A path tells who somebody is. */
function withoutHome(text: string): string {
	const own = homedir();
	return own.length > 1 ? text.replaceAll(own, '~') : text;
}
