import { stat } from 'node:fs/promises';
import { commands, env, l10n, Uri, workspace } from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import { pathOfUri } from '../../shared/inside.ts';
import type { Job } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import { showInformation } from '../messages.ts';
import { meantJobs } from './meantJobs.ts';
import type { CommandBody } from './register.ts';

/** Shows where a job works: in the explorer, else in the system's own. */
export function revealFolder(link: Link, picker: JobPicker): CommandBody {
	return async (...args) => {
		const question = {
			title: l10n.t('Reveal Folder'),
			none: l10n.t('No job works in a folder.'),
			fits: (job: Job) => folderOf(job) !== undefined,
		};
		const [id] = await meantJobs(picker, question, args);
		if (id === undefined) return;
		const folder = folderOf((await link.request('job/get', { id })).job);
		if (folder === undefined) {
			throw new SemanticaError('NOT_FOUND', l10n.t('This job works in no folder of its own.'));
		}
		if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
			throw new SemanticaError(
				'NOT_FOUND',
				l10n.t('The folder {0} does not exist any more.', folder),
			);
		}
		const uri = Uri.file(folder);
		if (workspace.getWorkspaceFolder(uri) !== undefined) {
			await commands.executeCommand('revealInExplorer', uri);
			return;
		}
		await Promise.resolve(commands.executeCommand('revealFileInOS', uri)).catch(async () => {
			// In a browser there is no such explorer.
			await env.clipboard.writeText(folder);
			void showInformation(l10n.t('{0} is not in this window. Its path has been copied.', folder));
		});
	};
}

function folderOf({ command, workspace: uri }: Job): string | undefined {
	return command?.cwd ?? (uri === null ? undefined : pathOfUri(uri));
}
