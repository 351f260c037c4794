/** What went wrong, as a sentence for the report. */
export function reason(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
