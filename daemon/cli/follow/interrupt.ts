/** Ctrl-C while something is followed: the following ends, not what is followed. */
export function listenForInterrupt() {
	let stop = () => {};
	const happened = new Promise<undefined>((resolve) => {
		const listener = () => resolve(undefined);
		// Kept until the end: a listener that removes itself leaves the signal to others, who end the process.
		process.on('SIGINT', listener);
		stop = () => process.off('SIGINT', listener);
	});
	return { happened, stop };
}
