import { basename } from 'node:path';
import { l10n } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { KeptEnvironments } from '../environment/kept.ts';
import { COMMAND_BY_HAND } from '../jobs/enqueue.ts';
import { createEnqueueOnce } from '../jobs/enqueueOnce.ts';
import type { JobLogs } from '../logs/channels.ts';
import type { Reporter } from '../status/reporter.ts';
import { fileUri } from './arguments.ts';
import type { CommandHistory } from './commandHistory.ts';
import type { CommandBody } from './register.ts';

/** Asks for a command line and runs it as a job, with its output in a channel of its own. */
export function runCommand(
	link: Link,
	logs: JobLogs,
	reporter: Reporter,
	history: CommandHistory,
	environments: KeptEnvironments,
): CommandBody {
	let last = '';
	const enqueue = createEnqueueOnce(link, () => performance.now());
	return async (given) => {
		const target = fileUri(given);
		const { askForCommand } = await import('./askForCommand.ts');
		const asked = await askForCommand(given, {
			title:
				target === undefined
					? l10n.t('Run Command as Job')
					: l10n.t('Run Command as Job in the Folder of {0}', basename(target.fsPath)),
			prompt: l10n.t('It goes on when this window closes.'),
			last,
			history,
			environments,
		});
		if (asked === undefined) return;
		last = asked.line;
		const { runElsewhere } = await import('../fleet/where.ts');
		const elsewhere = await runElsewhere(link, asked.spec);
		if (elsewhere === undefined) return;
		const id =
			elsewhere === 'here' ? await enqueue({ ...asked.spec, ...COMMAND_BY_HAND }) : elsewhere.id;
		reporter.command(id);
		await logs.show(id);
	};
}
