/** Numbers, sizes and times for people. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const count = (value: number): string => (value < 10 ? fine : whole).format(value);

export function bytes(value: number): string {
	const units = ['B', 'kB', 'MB', 'GB', 'TB'];
	let rest = value;
	let unit = 0;
	while (rest >= 999.5 && unit < units.length - 1) {
		rest /= 1000;
		unit++;
	}
	return `${count(rest)} ${units[unit]}`;
}

export function duration(ms: number): string {
	if (ms < 1000) return `${count(Math.max(0, ms))} ms`;
	if (ms < 60_000) return `${count(ms / 1000)} s`;
	const minutes = Math.round(ms / 60_000);
	if (minutes < 60) return `${minutes} min`;
	if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
	return `${Math.round(minutes / 1440)} days`;
}

export const percent = (share: number): string =>
	`${share < 0.0995 ? fine.format(share * 100) : whole.format(share * 100)} %`;

/** Of the day. */
export function clock(at: number): string {
	const date = new Date(at);
	const two = (value: number) => String(value).padStart(2, '0');
	return `${two(date.getHours())}:${two(date.getMinutes())}`;
}
