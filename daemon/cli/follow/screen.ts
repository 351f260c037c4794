/** The one place that draws a moving view; text printed meanwhile appears above it. */
import { createLogUpdate } from 'log-update';

/** At most ten pictures a second: calmer for eyes and terminal alike. */
const DRAW_EVERY_MS = 100;
/** Elapsed time moves on by itself. */
const TICK_MS = 1000;

export interface Screen {
	/** Something changed; draws soon. */
	refresh(): void;
	/** Prints complete lines above the view. */
	print(text: string): void;
	/** Ends with nothing of the view left, the cursor shown. */
	close(): void;
}

export function openScreen(stream: NodeJS.WriteStream, draw: () => readonly string[]): Screen {
	const update = createLogUpdate(stream);
	let drawnAt = 0;
	let pending: NodeJS.Timeout | undefined;
	let unprinted = '';
	const flush = () => {
		if (unprinted === '') return;
		update.clear();
		stream.write(unprinted);
		unprinted = '';
	};
	const redraw = () => {
		clearTimeout(pending);
		pending = undefined;
		drawnAt = Date.now();
		// In one write: otherwise the view would blink with each line.
		stream.cork();
		flush();
		update(draw().join('\n'));
		stream.uncork();
	};
	const refresh = () => {
		pending ??= setTimeout(redraw, Math.max(0, drawnAt + DRAW_EVERY_MS - Date.now()));
	};
	const ticking = setInterval(redraw, TICK_MS);
	stream.on('resize', redraw);
	return {
		refresh,
		print: (text) => {
			unprinted += text;
			refresh();
		},
		close: () => {
			clearInterval(ticking);
			clearTimeout(pending);
			stream.off('resize', redraw);
			flush();
			update.clear();
			update.done();
		},
	};
}
