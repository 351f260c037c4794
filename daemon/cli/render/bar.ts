import type { Style } from './style.ts';

/** A bar of exactly `width` cells; half cells where the symbols have them. */
export function renderBar(fraction: number, width: number, style: Style): string {
	const { barFull, barHalf, barEmpty } = style.symbols;
	const halves = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 2);
	const full = Math.floor(halves / 2);
	const half = halves % 2 === 1 && barHalf !== barFull ? barHalf : '';
	const filled = barFull.repeat(full) + half;
	const rest = barEmpty.repeat(width - full - half.length);
	return (fraction >= 1 ? style.green(filled) : style.cyan(filled)) + style.dim(rest);
}
