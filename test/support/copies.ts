import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The copies of builds in a data folder, and drafts of them; the launcher stands beside them. */
export function copiesIn(home: string): string[] {
	const entries = readdirSync(join(home, 'bin'), { withFileTypes: true });
	return entries
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name)
		.sort();
}
