/** The one boundary of every command: trust, double clicks, and errors as sentences with a way on. */
import { commands, type Disposable, l10n, workspace } from 'vscode';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { isOutdated } from '../../shared/outdated.ts';
import type { Link } from '../connection/link.ts';
import { isSilence } from '../connection/silence.ts';
import {
	COMMANDS,
	type CommandContribution,
	type CommandName,
	ROW_COMMANDS,
	type RowCommand,
	rowCommandId,
} from '../contributions.ts';
import { Lifetime } from '../lifetime.ts';
import type { Log } from '../log.ts';
import { showError, showWarning } from '../messages.ts';
import { DoubleClickGuard, wishOf } from './doubleClick.ts';

/** Arguments come from menus, links and other extensions: each command checks its own. */
export type CommandBody = (...args: unknown[]) => Promise<void>;

export interface CommandBodies {
	readonly of: Readonly<Record<CommandName, CommandBody>>;
	/** What a row's command does otherwise than the palette's. */
	readonly onRow: Readonly<Partial<Record<RowCommand, CommandBody>>>;
}

/** @param load Called at the first command of all: no window needs them at start. */
export function registerCommands(
	load: () => Promise<CommandBodies>,
	link: Pick<Link, 'stay'>,
	log: Log,
): Disposable {
	const lifetime = new Lifetime();
	const guard = new DoubleClickGuard(() => performance.now());
	let loading: Promise<CommandBodies> | undefined;
	const loaded = () => {
		loading ??= load();
		return loading;
	};
	const register = (id: string, name: CommandName, find: () => Promise<CommandBody>) => {
		const { needsTrust, once, wish = id }: CommandContribution = COMMANDS[name];
		const body = async (...args: unknown[]) => (await find())(...args);
		const run = async (...args: unknown[]): Promise<void> => {
			if (needsTrust && !workspace.isTrusted) return offerTrust();
			link.stay();
			try {
				if (once) await guard.run(wishOf(wish, once, args), () => body(...args));
				else await body(...args);
			} catch (error) {
				if (isPersonal(error)) {
					void showWarning(errorMessage(error));
					return;
				}
				log.error('command', `${id}: ${error instanceof Error ? error.stack : String(error)}`);
				await offerHelp(error, log);
			}
		};
		lifetime.own(commands.registerCommand(id, run));
	};
	for (const name of Object.keys(COMMANDS) as CommandName[])
		register(COMMANDS[name].id, name, async () => (await loaded()).of[name]);
	for (const name of ROW_COMMANDS)
		register(rowCommandId(name), name, async () => {
			const { of, onRow } = await loaded();
			return onRow[name] ?? of[name];
		});
	return lifetime;
}

async function offerTrust(): Promise<void> {
	const manage = l10n.t('Manage Workspace Trust');
	const choice = await showWarning(
		l10n.t('Semantica runs nothing in Restricted Mode. Trust this workspace to use it.'),
		manage,
	);
	if (choice === manage) await commands.executeCommand('workbench.trust.manage');
}

/** A mistake that the sentence explains needs no log. */
function isPersonal(error: unknown): boolean {
	// What is loaded on demand has a class of that name of its own.
	if (!(error instanceof Error && error.name === SemanticaError.name && 'kind' in error))
		return false;
	return error.kind === 'VALIDATION' || error.kind === 'NOT_FOUND';
}

async function offerHelp(error: unknown, log: Log): Promise<void> {
	const restart = l10n.t('Restart Daemon');
	const show = l10n.t('Show Log');
	const reload = l10n.t('Reload Window');
	const ways = isOutdated(error) ? [reload, show] : isSilence(error) ? [restart, show] : [show];
	const choice = await showError(errorMessage(error), ...ways);
	if (choice === restart) await commands.executeCommand(COMMANDS.restartDaemon.id);
	if (choice === reload) await commands.executeCommand('workbench.action.reloadWindow');
	if (choice === show) log.show();
}
