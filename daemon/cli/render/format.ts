/** Numbers, sizes and times for people. Always English, so that output reads the same everywhere. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `0.4s`, `12s`, `3m 20s`, `2h 5m`, `4d 3h`. */
export function formatDuration(ms: number): string {
	const time = Math.max(0, ms);
	if (time < 9.95 * SECOND) return `${(time / SECOND).toFixed(1)}s`;
	if (time < 59.5 * SECOND) return `${Math.round(time / SECOND)}s`;
	if (time < HOUR - SECOND / 2) return pair(time, SECOND, 'm', 's');
	if (time < DAY - MINUTE / 2) return pair(time, MINUTE, 'h', 'm');
	return pair(time, HOUR, 'd', 'h');
}

/** Like formatDuration without tenths: for what keeps counting on screen. */
export function formatElapsed(ms: number): string {
	return ms < 59.5 * SECOND
		? `${Math.max(0, Math.floor(ms / SECOND))}s`
		: formatDuration(Math.floor(ms / SECOND) * SECOND);
}

function pair(time: number, small: number, bigName: string, smallName: string): string {
	const ratio = smallName === 'h' ? 24 : 60;
	const total = Math.round(time / small);
	const rest = total % ratio;
	const big = `${Math.floor(total / ratio)}${bigName}`;
	return rest === 0 ? big : `${big} ${rest}${smallName}`;
}

/** `now`, `12s ago`, `3m ago`, `2h ago`, `4d ago`, and `in 3m` for the future. */
export function formatAge(at: number, now: number): string {
	const distance = Math.abs(now - at);
	if (distance < SECOND) return 'now';
	const text =
		distance < MINUTE
			? `${Math.floor(distance / SECOND)}s`
			: distance < HOUR
				? `${Math.floor(distance / MINUTE)}m`
				: distance < DAY
					? `${Math.floor(distance / HOUR)}h`
					: `${Math.floor(distance / DAY)}d`;
	return at <= now ? `${text} ago` : `in ${text}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time, sortable: `2026-03-01 09:05:00`. */
export function formatTime(at: number): string {
	const date = new Date(at);
	return (
		`${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
		`${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
	);
}

/** The same with tenths: times of a log are not finer. */
export function formatMoment(at: number): string {
	return `${formatTime(at)}.${Math.floor((((at % SECOND) + SECOND) % SECOND) / 100)}`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units: `812 bytes`, `1.2 kB`, `48 MB`. */
export function formatBytes(bytes: number): string {
	if (bytes < 999.5) return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`;
	let value = bytes;
	let unit = 0;
	while (value >= 999.5 && unit < UNITS.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** `1,234`; fractions, which only small progress values have, keep one place. */
export function formatCount(value: number): string {
	const rounded = value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
	return String(rounded).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 file`, `2 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
	return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `34%`; only what is complete says 100. */
export function formatPercent(current: number, total: number): string {
	if (total <= 0) return '0%';
	const percent = Math.floor((100 * Math.min(current, total)) / total);
	return `${percent}%`;
}
