import { InputBoxValidationSeverity, l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { KeptEnvironments } from '../environment/kept.ts';
import type { JobText } from '../jobs/text/text.ts';
import { showInformation } from '../messages.ts';
import type { ScheduleStore } from '../schedules/store.ts';
import { isScheduleName, suggestName } from '../schedules/when.ts';
import { pickWhen } from '../schedules/whenPicker.ts';
import type { CommandHistory } from './commandHistory.ts';
import type { CommandBody } from './register.ts';

const PREVIEWED = 5;

/** Asks for a command line, when it is due, and a name; the daemon begins it from then on. */
export function scheduleCommand(
	link: Link,
	schedules: ScheduleStore,
	text: Pick<JobText, 'time'>,
	history: CommandHistory,
	environments: KeptEnvironments,
): CommandBody {
	let last = '';
	return async (given) => {
		const { askForCommand } = await import('./askForCommand.ts');
		const asked = await askForCommand(given, {
			title: l10n.t('Schedule Command'),
			prompt: l10n.t('It begins each time it is due, also while no window is open.'),
			last,
			history,
			environments,
		});
		if (asked === undefined) return;
		last = asked.line;
		const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
		const when = await pickWhen({
			timezone,
			preview: async (when) => {
				const preview = { when, timezone, count: PREVIEWED };
				return (await link.request('schedule/preview', preview)).times;
			},
		});
		if (when === undefined) return;
		const name = await askForName(asked.line, schedules);
		if (name === undefined) return;
		const put = { name, spec: asked.spec, when, timezone };
		const { schedule } = await link.request('schedule/put', put);
		const next = schedule.firesAt ?? schedule.nextAt;
		void showInformation(
			next === null
				? l10n.t('{0} is scheduled.', name)
				: l10n.t('{0} is scheduled, next {1}.', name, text.time(next)),
		);
	};
}

function askForName(line: string, schedules: ScheduleStore): Thenable<string | undefined> {
	return window.showInputBox({
		title: l10n.t('Schedule Command: Name'),
		prompt: l10n.t('What the schedule is called in the Jobs view.'),
		value: suggestName(line, (name) => schedules.get(name) !== undefined),
		ignoreFocusOut: true,
		validateInput: (name) => {
			if (!isScheduleName(name)) {
				return l10n.t('A name is 1 to 64 characters of A-Z, a-z, 0-9, “_”, “.” and “-”.');
			}
			return schedules.get(name) === undefined
				? undefined
				: {
						message: l10n.t('There is a schedule of that name: this one takes its place.'),
						severity: InputBoxValidationSeverity.Warning,
					};
		},
	});
}
