/** Words of the policy for AI tools, apart from its schemas: the command line starts without those. */

/** Who decides about what a tool wants to run. */
export const AI_RUN = ['host', 'ask', 'allowlist', 'off'] as const;

/** What tools may have run on another machine of a shared queue: nothing, what it calls by a name, or any command. */
export const AI_FLEET = ['off', 'recipes', 'commands'] as const;

export const AI_FLEET_WORDS = {
	off: 'nothing is sent there for a tool',
	recipes: 'what that machine calls by a name, with values',
	commands: 'any command that may run here, and recipes',
} as const satisfies Readonly<Record<(typeof AI_FLEET)[number], string>>;

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
