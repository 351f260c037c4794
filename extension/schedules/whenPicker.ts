/** Asks when a schedule is due, and shows the next times as one types. */
import { env, l10n, type QuickPickItem, window } from 'vscode';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { ScheduleWhen } from '../../shared/protocol/schedules.ts';
import { plainLabel } from '../plainLabel.ts';
import { LiveSearch } from '../search/live.ts';
import { parseWhen, type WhenProblem } from './when.ts';

interface WhenItem extends QuickPickItem {
	/** What choosing it puts into the field. */
	readonly example?: string;
}

interface Found {
	readonly when: ScheduleWhen;
	readonly times: readonly number[];
}

export interface WhenPickerPorts {
	/** The next due times. Rejects with a sentence. */
	preview(when: ScheduleWhen): Promise<readonly number[]>;
	readonly timezone: string;
}

export function pickWhen(ports: WhenPickerPorts): Promise<ScheduleWhen | undefined> {
	return new Promise((resolve) => {
		const picker = window.createQuickPick<WhenItem>();
		picker.title = l10n.t('Schedule Command: When');
		picker.placeholder = l10n.t('Cron fields, an interval or a time; {0}', ports.timezone);
		picker.ignoreFocusOut = true;
		picker.items = examples();
		let found: { readonly query: string; readonly when: ScheduleWhen } | undefined;
		/** Enter came before the times. */
		let accepted = false;

		const finish = (when: ScheduleWhen) => {
			resolve(when);
			picker.hide();
		};
		const live = new LiveSearch<Found>({
			search: async (query) => {
				const parsed = parseWhen(query, Date.now());
				if ('problem' in parsed) {
					throw new SemanticaError('VALIDATION', problemText(parsed.problem));
				}
				return { when: parsed.when, times: await ports.preview(parsed.when) };
			},
			show: (query, answer) => {
				if (answer === undefined) {
					picker.items = examples();
					return;
				}
				const { when, times } = answer;
				if (times.length === 0) {
					picker.items = [note(l10n.t('It would never be due.'))];
					return;
				}
				found = { query, when };
				picker.items = timeItems(times, ports.timezone);
				if (accepted) finish(when);
			},
			failed: (error) => {
				accepted = false;
				picker.items = [note(errorMessage(error))];
			},
			busy: (busy) => {
				picker.busy = busy;
			},
		});

		picker.onDidChangeValue((value) => {
			accepted = false;
			live.type(value);
		});
		picker.onDidAccept(() => {
			const [item] = picker.activeItems;
			if (item?.example !== undefined) {
				picker.value = item.example;
				live.type(item.example);
			} else if (found?.query === picker.value.trim()) finish(found.when);
			else accepted = true;
		});
		picker.onDidHide(() => {
			live.dispose();
			picker.dispose();
			resolve(undefined);
		});
		picker.show();
	});
}

function examples(): WhenItem[] {
	const list: [string, string][] = [
		['0 3 * * *', l10n.t('at three every night (minute hour day month weekday)')],
		['every 15m', l10n.t('every quarter of an hour')],
		['30 9 * * mon-fri', l10n.t('at half past nine on working days')],
		['18:30', l10n.t('once, the next time it is half past six in the evening')],
	];
	return list.map(([example, description]) => ({ label: example, description, example }));
}

function timeItems(times: readonly number[], timeZone: string): WhenItem[] {
	const seconds = times.some((at) => at % 60_000 !== 0);
	const format = new Intl.DateTimeFormat(env.language, {
		timeZone,
		weekday: 'short',
		year: 'numeric',
		month: 'short',
		day: 'numeric',
		hour: 'numeric',
		minute: '2-digit',
		timeZoneName: 'short',
		...(seconds ? { second: '2-digit' } : {}),
	});
	return times.map((at, number) => ({
		label: format.format(at),
		...(number === 0 ? { description: l10n.t('next; press Enter to use it') } : {}),
		alwaysShow: true,
	}));
}

function problemText(problem: WhenProblem): string {
	const texts: Record<WhenProblem, string> = {
		interval: l10n.t('An interval is written as in “every 15m” or “every 1h30m”, at least 1s.'),
		time: l10n.t('A time is written as in 18:30, +2h or 2026-12-01 09:00.'),
		fields: l10n.t('Write five cron fields as in “0 3 * * *”, “every 15m”, or a time as in 18:30.'),
	};
	return texts[problem];
}

function note(text: string): WhenItem {
	return { label: plainLabel(text), alwaysShow: true };
}
