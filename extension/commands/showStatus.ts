import { commands, env, l10n, type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import { COMMANDS, type CommandName, VIEWS } from '../contributions.ts';
import type { JobText } from '../jobs/text/text.ts';
import { plainLabel } from '../plainLabel.ts';
import { statusFacts } from '../status/facts.ts';
import type { CommandBody } from './register.ts';

interface Line extends QuickPickItem {
	readonly go?: () => unknown;
}

/** How daemon and machine are, and the ways from there, in one list. */
export function showStatus(link: Pick<Link, 'request'>, text: JobText): CommandBody {
	return async () => {
		const [status, now] = await Promise.all([
			link.request('system/status', {}),
			link.request('stats/now', {}),
		]);
		const facts = statusFacts(l10n.t, text, status, now).map(
			({ icon, label, description }): Line => ({
				label: `$(${icon}) ${plainLabel(label)}`,
				description: plainLabel(description),
				go: () => commands.executeCommand(COMMANDS.showDashboard.id),
			}),
		);
		const copied = l10n.t('$(check) The path has been copied.');
		const folder: Line = {
			label: `$(folder) ${l10n.t('Data Folder')}`,
			description: plainLabel(status.home),
			go: async () => {
				await env.clipboard.writeText(status.home);
				window.setStatusBarMessage(copied, 4_000);
			},
		};
		const way = (icon: string, label: string, name: CommandName): Line => ({
			label: `$(${icon}) ${label}`,
			go: () => commands.executeCommand(COMMANDS[name].id),
		});
		const ways: Line[] = [
			{
				label: `$(list-tree) ${l10n.t('Show Jobs')}`,
				go: () => commands.executeCommand(`${VIEWS.jobs}.focus`),
			},
			way('dashboard', l10n.t('Show Dashboard'), 'showDashboard'),
			now.global.paused
				? way('debug-continue', l10n.t('Resume All'), 'resumeAll')
				: way('debug-pause', l10n.t('Pause All'), 'pauseAll'),
			way('go-to-file', l10n.t('Show Daemon Log'), 'showDaemonLog'),
			way('debug-restart', l10n.t('Restart Daemon'), 'restartDaemon'),
			way('debug-stop', l10n.t('Stop Daemon…'), 'stopDaemon'),
		];
		const heading: Line = { label: '', kind: QuickPickItemKind.Separator };
		const picked = await window.showQuickPick([...ways, heading, ...facts, folder], {
			title: l10n.t('Status of Semantica'),
			matchOnDescription: true,
		});
		await picked?.go?.();
	};
}
