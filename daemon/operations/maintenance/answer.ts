/** What the maintenance process prints: one line of JSON. */
export type MaintenanceAnswer =
	| { readonly kind: 'done' }
	/** The file itself is broken: what SQLite found. */
	| { readonly kind: 'damaged'; readonly problems: readonly string[] }
	/** The task could not be carried out, which says nothing about the file. */
	| { readonly kind: 'failed'; readonly problem: string }
	/** It was asked to give the database back. */
	| { readonly kind: 'stopped' };
