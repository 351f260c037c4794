/** Where tools may work: folders that a person opened in a trusted window or allowed by name. */
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { isInside } from '../../shared/inside.ts';
import { answering } from '../disks/answering.ts';
import { forbidden } from './refusal.ts';

/**
 * The folder with every link resolved.
 * @throws SemanticaError VALIDATION at `path`
 */
export async function realFolder(folder: string, path: string): Promise<string> {
	const refuse = (why: string) =>
		new SemanticaError('VALIDATION', `The folder "${folder}" ${why}.`, { path });
	if (!isAbsolute(folder)) throw refuse('must be an absolute path');
	try {
		return await answering(folder, async () => {
			const real = await realpath(folder);
			if (!(await stat(real)).isDirectory()) throw refuse('is not a folder');
			return real;
		});
	} catch (error) {
		if (error instanceof SemanticaError) throw error;
		throw refuse(`does not exist or cannot be read (${errorMessage(error)})`);
	}
}

/** @throws SemanticaError FORBIDDEN where none of the folders holds it. */
export function assertInside(real: string, folders: readonly string[], path: string): void {
	if (folders.some((folder) => isInside(real, folder))) return;
	const which = folders.length === 0 ? 'No folder is open to AI tools' : `${real} lies outside`;
	throw forbidden(
		'folder',
		`${which}${folders.length === 0 ? '' : ` what this tool may work in (${folders.join(', ')})`}. ` +
			`A person opens a folder to tools by opening it in VS Code, or with: semantica ai allow ${real}`,
		path,
	);
}

/** What is left of the allowed folders for a tool that was started for some of them only. */
export function narrowed(
	allowed: readonly string[],
	wanted: readonly string[] | undefined,
): string[] {
	if (wanted === undefined) return [...allowed];
	return wanted.flatMap((one) =>
		allowed.some((folder) => isInside(one, folder))
			? [one]
			: allowed.filter((folder) => isInside(folder, one)),
	);
}
