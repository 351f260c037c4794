/** The last line of the picture: which keys there are, or what is asked. And the help. */
import type { View } from '../render/style.ts';
import { cellWidth, cut, oneLine } from '../render/text.ts';
import type { Ui } from './keys.ts';
import type { TopModel } from './model.ts';

export const HELP: readonly string[] = [
	'',
	'  arrows, j, k, Page Up, Page Down, Home, End   choose a job',
	'  Enter or l   its log, as it grows',
	'  c            cancel it; asks before',
	'  s            sort by state, time, queue, priority, title',
	'  /            filter: words of title, type, tag or subject;',
	'               queue:NAME, state:, type:, tag: and group: mean that alone',
	'  a            jobs that have ended too, or not',
	'  q            quit; Ctrl-Z suspends',
	'',
	'  SLOTS says how many jobs of a queue run, of how many that may at once.',
	'  WAITING counts each job once, for the first thing that it waits for.',
	'  TIME is how long a job runs or ran; of one that waits, since it was enqueued.',
];

const ANSWERS = 'y: yes, any other key: no';

type Keys = readonly (readonly [key: string, meaning: string])[];

export function footerLine(model: TopModel, ui: Ui, view: View): string {
	const { style, width } = view;
	switch (ui.mode) {
		case 'filter': {
			const how = style.dim('Enter keeps it, Esc clears it');
			return `Filter: ${oneLine(ui.filter)}${style.inverse(' ')}  ${how}`;
		}
		case 'cancel':
			return style.yellow(
				`Cancel ${cut(titleOf(model, ui.selected), Math.max(10, width - ANSWERS.length - 8), style)}? ${ANSWERS}`,
			);
		case 'help':
			return style.dim('Any key goes back.');
		case 'log':
			return keysLine(
				[
					['arrows', 'scroll'],
					['End', 'newest'],
					['q', 'back'],
				],
				view,
			);
		default:
			if (ui.message !== undefined) return style.yellow(oneLine(ui.message));
			return keysLine(
				[
					['q', 'quit'],
					['s', `sort: ${ui.sort}`],
					['/', ui.filter === '' ? 'filter' : `filter: ${oneLine(ui.filter)}`],
					['l', 'log'],
					['c', 'cancel'],
					['a', ui.ended ? 'without ended' : 'ended too'],
					['?', 'help'],
				],
				view,
			);
	}
}

/** As many as fit. */
function keysLine(keys: Keys, { style, width }: View): string {
	let line = '';
	for (const [key, meaning] of keys) {
		const next = `${line}${line === '' ? '' : '  '}${style.inverse(` ${key} `)} ${meaning}`;
		if (cellWidth(next) > width) break;
		line = next;
	}
	return line;
}

function titleOf({ jobs, waiting }: TopModel, id: string | undefined): string {
	const job = jobs.get(id ?? '') ?? waiting.find((one) => one.id === id);
	return oneLine(job?.title ?? '');
}
