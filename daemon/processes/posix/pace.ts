/** One start to a turn of the event loop: to fork a process the size of the daemon takes its thread a millisecond or three. */
export type Pace = () => Promise<void>;

export function createPace(): Pace {
	const waiting: (() => void)[] = [];
	/** One has passed in this turn. */
	let passed = false;

	function turn(): void {
		const next = waiting.shift();
		passed = next !== undefined;
		if (next === undefined) return;
		next();
		setImmediate(turn);
	}

	return () =>
		new Promise((resolve) => {
			if (passed) {
				waiting.push(resolve);
				return;
			}
			passed = true;
			setImmediate(turn);
			resolve();
		});
}
