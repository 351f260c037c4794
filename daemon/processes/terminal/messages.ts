/** What the process that holds a terminal says once. */
export type TerminalAnswer =
	/** Of the device, as in /dev/pts/3. */
	{ readonly path: string } | { readonly problem: string };
