/** What AI tools may do, for people. */
import { AI_FLEET_WORDS, AI_RUN_WORDS } from '../../../shared/aiTerms.ts';
import { exactWord, ruleText } from '../../../shared/exactText.ts';
import type { AiConfig, AllowRule } from '../../../shared/protocol/ai.ts';
import { plural } from './format.ts';
import type { View } from './style.ts';
import { renderTable } from './table.ts';
import { wrap } from './text.ts';

export function renderPolicy(
	{ run, allow, folders, fleet }: AiConfig,
	waiting: number,
	view: View,
): string[] {
	const { style } = view;
	const paint = run === 'off' ? style.red : run === 'host' ? style.yellow : style.green;
	const none = (text: string) => [`  ${style.dim(text)}`];
	return [
		`${style.bold('Who decides')}  ${paint(run)}: ${AI_RUN_WORDS[run]}`,
		'',
		style.bold('Folders that are open to AI tools'),
		...(folders.length === 0
			? none('none; open one with: semantica ai allow FOLDER')
			: folders.flatMap((folder) =>
					wrap(exactWord(folder), view.width - 2).map((line) => `  ${line}`),
				)),
		'',
		style.bold('Command lines that are allowed under ask and allowlist'),
		...(allow.length === 0
			? none('none; allow one with: semantica ai allow -- npm test')
			: renderRules(allow, view)),
		...(fleet.length === 0
			? []
			: [
					'',
					style.bold('Machines of the shared queue that they may send work to'),
					...fleet.map(
						({ on, pool, may }) => `  ${on ?? `pool ${pool}`}  ${may}: ${AI_FLEET_WORDS[may]}`,
					),
				]),
		...(waiting === 0
			? []
			: ['', style.yellow(`${plural(waiting, 'command')} wait for you. See: semantica approve`)]),
	];
}

function renderRules(allow: readonly AllowRule[], view: View): string[] {
	const { style } = view;
	const columns = [
		{ header: 'COMMAND', cells: allow.map(({ argv }) => ruleText(argv)), rank: 0 },
		{ header: 'PROGRAM', cells: allow.map(({ program }) => style.dim(program)), min: 10, rank: 1 },
		{ header: 'VARIABLES', cells: allow.map(({ env }) => env.join(' ')), min: 8, rank: 2 },
	];
	return renderTable(columns, { ...view, width: view.width - 2 }).map((line) => `  ${line}`);
}
