/** Words of the policy for AI tools, apart from its schemas: the command line starts without those. */

/** Who decides about what a tool wants to run. */
export const AI_RUN = ['host', 'ask', 'allowlist', 'off'] as const;

/** At the end of a rule: whatever arguments follow. It must be written. */
export const MORE = '…';

/** Who decides about what a tool runs, for people. */
export const AI_RUN_WORDS = {
	host: 'the program that the tool runs in asks you, or does not',
	ask: 'Semantica asks you about each command that no rule allows',
	allowlist: 'what a rule allows runs, all else is refused',
	off: 'nothing runs',
} as const satisfies Readonly<Record<(typeof AI_RUN)[number], string>>;

/** The words of a rule as a person typed them: three dots at the end are easier to type. */
export function typedRule(words: readonly string[]): string[] {
	return words.map((word, at) => (at === words.length - 1 && word === '...' ? MORE : word));
}
