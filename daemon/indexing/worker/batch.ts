/** What an indexer holds in memory before it writes a segment: building one takes about ten times the text. */
export const BATCH_BYTES = 8 * 1024 * 1024;
/** Rows of one transaction: other writers wait a few hundredths of a second at the most. */
export const BATCH_FILES = 1000;
