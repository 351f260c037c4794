/** An indexer ends with this where another attempt would end the same: its folder is gone, or our own. */
export const FINAL_EXIT_CODE = 3;
