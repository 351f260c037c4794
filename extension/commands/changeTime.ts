import { InputBoxValidationSeverity, l10n, window } from 'vscode';
import type { Link } from '../connection/link.ts';
import type { JobPicker } from '../jobs/pick.ts';
import type { JobText } from '../jobs/text/text.ts';
import type { CommandBody } from './register.ts';
import { startTime } from './startTime.ts';
import { forAll, updateJobs } from './updateJobs.ts';

/** Not before another time. */
export function changeTime(
	link: Link,
	picker: JobPicker,
	text: Pick<JobText, 'time'>,
): CommandBody {
	return updateJobs(link, picker, l10n.t('Change Start Time'), async (ids) => {
		const typed = await window.showInputBox({
			title: l10n.t('Change Start Time'),
			prompt: l10n.t('Not before: 18:30, +10m, 2h, 2026-03-01 09:00, or now'),
			ignoreFocusOut: true,
			validateInput: (words) => {
				if (words.trim() === '') return undefined;
				const at = startTime(words, Date.now());
				return at === undefined
					? l10n.t('Write 18:30, +10m, 2026-03-01 09:00 or now.')
					: {
							message: l10n.t('Not before {0}', text.time(at)),
							severity: InputBoxValidationSeverity.Info,
						};
			},
		});
		const runAt = typed === undefined ? undefined : startTime(typed, Date.now());
		return runAt === undefined ? undefined : forAll(ids, { runAt });
	});
}
