/** Runs `step` for 0 to count − 1, never more than `width` at a time. */
export async function inParallel(
	count: number,
	width: number,
	step: (n: number) => Promise<void>,
): Promise<void> {
	let next = 0;
	const lane = async () => {
		while (next < count) await step(next++);
	};
	await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}
