/** Joins a shared queue. The address is asked of the person at the keyboard: no setting and no workspace can say it. */
import { hostname } from 'node:os';
import { commands, env, l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import { COMMANDS } from '../contributions.ts';
import { showInformation } from '../messages.ts';
import type { CommandBody } from './register.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Joining waits for a server that may be far away. */
const JOIN_MS = 60_000;

export function joinFleet(link: Pick<Link, 'request'>): CommandBody {
	// Whatever a menu, a link or another extension passes is not looked at.
	return async () => {
		const status = await link.request('fleet/status', {});
		if (status.joined) {
			const show = l10n.t('Show Shared Queue');
			const text = l10n.t(
				'This machine has joined {0} as {1}.',
				status.address ?? '',
				status.name ?? '',
			);
			const choice = await showInformation(text, show);
			if (choice === show) await commands.executeCommand(COMMANDS.showFleet.id);
			return;
		}
		const asked = await ask();
		if (asked === undefined) return;
		const { key, name } = await link.request('fleet/join', asked, JOIN_MS);
		const copy = l10n.t('Copy Key');
		const choice = await showInformation(
			l10n.t(
				'This machine has joined as {0}, and runs nothing of others. Tell its key to those who shall run work for it: {1}',
				name,
				key,
			),
			copy,
		);
		if (choice === copy) await env.clipboard.writeText(key);
	};
}

async function ask(): Promise<
	{ readonly address: string; readonly name: string; readonly password?: string } | undefined
> {
	const title = l10n.t('Join Shared Queue');
	const common = { title, ignoreFocusOut: true };
	const address = await window.showInputBox({
		...common,
		prompt: l10n.t('The address that whoever runs the database gave you'),
		placeHolder: 'postgres://box@db.example.com:6432/semantica',
		validateInput: (text) =>
			text === '' || /^postgres(ql)?:\/\/\S+@\S*\/\S+$/.test(text.trim())
				? undefined
				: l10n.t('An address looks like postgres://box@db.example.com:6432/semantica.'),
	});
	if (!address) return undefined;
	const name = await window.showInputBox({
		...common,
		prompt: l10n.t('What this machine is called there'),
		value:
			hostname()
				.split('.')[0]
				?.replaceAll(/[^A-Za-z0-9_-]/g, '-') ?? '',
		validateInput: (text) =>
			NAME.test(text) ? undefined : l10n.t('Use 1 to 64 of A-Z, a-z, 0-9, . _ and -.'),
	});
	if (!name) return undefined;
	if (/^[^@/]*\/\/[^@/:]+:[^@/]*@/.test(address.trim())) return { address, name };
	const password = await window.showInputBox({
		...common,
		prompt: l10n.t('Its password; leave this empty where none is asked for'),
		password: true,
	});
	if (password === undefined) return undefined;
	return { address, name, ...(password === '' ? {} : { password }) };
}
