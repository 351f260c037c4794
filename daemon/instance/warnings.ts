/** What is not as it should be, for the log and for `system/status`. */

/** Of the warnings that `system/status` shows, the newest. */
const MAX_WARNINGS = 100;

export interface Warnings {
	readonly warn: (sentence: string) => void;
	/** Each once, oldest first. */
	readonly warnings: readonly string[];
}

export function createWarnings(log: { warn(sentence: string): void }): Warnings {
	const warnings: string[] = [];
	return {
		warnings,
		warn(sentence) {
			log.warn(sentence);
			if (!warnings.includes(sentence)) warnings.push(sentence);
			// The log has them all.
			if (warnings.length > MAX_WARNINGS) warnings.shift();
		},
	};
}
