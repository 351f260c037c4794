/** Words of the policy for AI tools, apart from its schemas: the command line starts without those. */

/** Who decides about what a tool wants to run. */
export const AI_RUN = ['host', 'ask', 'allowlist', 'off'] as const;

/** At the end of a rule: whatever arguments follow. It must be written. */
export const MORE = '…';
