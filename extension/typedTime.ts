/** Times and durations as people type them; undefined where it is none. */

const UNIT_MS: Readonly<Record<string, number>> = {
	s: 1000,
	m: 60_000,
	min: 60_000,
	h: 3_600_000,
	d: 86_400_000,
};

/** `90s`, `15 min`, `1h30m`. Milliseconds. */
export function typedDuration(text: string): number | undefined {
	const compact = text.replace(/\s+/g, '').toLowerCase();
	if (!/^(\d+(min|[smhd]))+$/.test(compact)) return undefined;
	let total = 0;
	for (const [, amount, unit = ''] of compact.matchAll(/(\d+)(min|[smhd])/g)) {
		total += Number(amount) * (UNIT_MS[unit] ?? 0);
	}
	return Number.isSafeInteger(total) ? total : undefined;
}

/** `18:30` (the next one), `2026-12-01`, `2026-12-01 09:00`. */
export function typedTime(text: string, now: number): number | undefined {
	const clock = /^(\d{1,2}):(\d{2})$/.exec(text);
	if (clock !== null) return nextClock(Number(clock[1]), Number(clock[2]), now);
	const day = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{1,2}):(\d{2}))?$/.exec(text)?.slice(1);
	if (day === undefined) return undefined;
	const [year = 0, month = 0, date = 0, hours = 0, minutes = 0] = day.map((part) =>
		Number(part ?? 0),
	);
	const at = new Date(year, month - 1, date, hours, minutes);
	// JavaScript takes the 30th of February for the 2nd of March.
	const real = at.getMonth() === month - 1 && at.getDate() === date && hours < 24 && minutes < 60;
	return real ? at.getTime() : undefined;
}

function nextClock(hours: number, minutes: number, now: number): number | undefined {
	if (hours > 23 || minutes > 59) return undefined;
	const at = new Date(now);
	at.setHours(hours, minutes, 0, 0);
	if (at.getTime() <= now) at.setDate(at.getDate() + 1);
	return at.getTime();
}
