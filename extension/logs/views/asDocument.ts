import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';

/** Without codes, and of a line that was drawn again what stood there last. */
export function asDocument(log: string): string {
	return withoutTerminalCodes(log)
		.split('\n')
		.map((line) => {
			const drawn = line.endsWith('\r') ? line.slice(0, -1) : line;
			return drawn.slice(drawn.lastIndexOf('\r') + 1);
		})
		.join('\n');
}
