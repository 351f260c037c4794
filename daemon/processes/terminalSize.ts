/** What a run with a terminal finds it to be. */
import type { TerminalSize } from './containment.ts';

/** Its log may be read at any terminal, not only where the job was asked for. */
export const USUAL_TERM = 'xterm-256color';
const USUAL_SIZE = { columns: 120, rows: 40 };
const LARGEST = 1000;

export function terminalSize(env: Readonly<Record<string, string>>): TerminalSize {
	const given = (text: string | undefined, usual: number) =>
		/^[1-9]\d{0,4}$/.test(text ?? '') ? Math.min(LARGEST, Number(text)) : usual;
	return {
		columns: given(env['COLUMNS'], USUAL_SIZE.columns),
		rows: given(env['LINES'], USUAL_SIZE.rows),
	};
}
