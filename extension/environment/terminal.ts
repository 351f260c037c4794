/** Asks a terminal what its environment is: as the person's shell, with all that it reads at its start, has it. */
import { watch } from 'node:fs';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { l10n, ProgressLocation, type Terminal, ThemeIcon, window, workspace } from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import { parseEnvironment, type Variables } from './variables.ts';

/** A shell that asks something at its start is answered by the person, in the terminal. */
const PATIENCE_MS = 60_000;

/**
 * @param cwd Where the terminal opens: what a folder's own hooks say is part of it.
 * @returns undefined where the person gave up.
 * @throws SemanticaError VALIDATION in Restricted Mode, NOT_FOUND where the shell did not say it.
 */
export async function takeEnvironment(cwd: string): Promise<Variables | undefined> {
	if (!workspace.isTrusted) {
		throw new SemanticaError('VALIDATION', l10n.t('In Restricted Mode no terminal is opened.'));
	}
	// Only its owner may look into it.
	const folder = await mkdtemp(join(tmpdir(), 'semantica-env-'));
	const terminal = window.createTerminal({
		name: l10n.t('Semantica: environment'),
		cwd,
		isTransient: true,
		iconPath: new ThemeIcon('server-environment'),
	});
	try {
		terminal.show(true);
		const file = join(folder, 'env');
		// With a blank before it most shells do not remember it. A file that is there is whole.
		terminal.sendText(` env -0 > '${file}.part' && mv '${file}.part' '${file}'`);
		const isThere = await window.withProgress(
			{
				location: ProgressLocation.Notification,
				title: l10n.t('Reading the environment of a terminal'),
				cancellable: true,
			},
			(_, cancelled) => appears(folder, file, terminal, cancelled.onCancellationRequested),
		);
		return isThere ? parseEnvironment(await readFile(file)) : undefined;
	} finally {
		terminal.dispose();
		await rm(folder, { recursive: true, force: true });
	}
}

type Listen = (listener: () => void) => { dispose(): void };

/** False when the person gave up. */
function appears(
	folder: string,
	file: string,
	terminal: Terminal,
	onCancel: Listen,
): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const end = (settle: () => void) => {
			watcher.close();
			clearTimeout(timer);
			for (const one of listeners) one.dispose();
			settle();
		};
		const fail = (message: string) => end(() => reject(new SemanticaError('NOT_FOUND', message)));
		const look = () =>
			access(file).then(
				() => end(() => resolve(true)),
				() => {},
			);
		const watcher = watch(folder, () => void look());
		watcher.on('error', (error) => fail(error.message));
		const timer = setTimeout(
			() => fail(l10n.t('The shell did not say its environment within a minute.')),
			PATIENCE_MS,
		);
		const listeners = [
			onCancel(() => end(() => resolve(false))),
			window.onDidCloseTerminal((closed) => {
				if (closed === terminal)
					fail(l10n.t('The terminal was closed before it had said its environment.'));
			}),
		];
		void look();
	});
}
