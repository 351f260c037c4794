/** Tells when a person comes back after so long that the editor's watcher may have missed something: sleep, a lost disk. */
export const LONG_AWAY_MS = 60 * 60_000;

/** @returns told of each change of the window's focus, whether it is such a return. */
export function returnsAfterLong(now: () => number): (focused: boolean) => boolean {
	let left: number | undefined;
	return (focused) => {
		const was = left;
		if (!focused) left ??= now();
		else left = undefined;
		return focused && was !== undefined && now() - was >= LONG_AWAY_MS;
	};
}
