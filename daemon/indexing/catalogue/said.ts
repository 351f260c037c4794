/**
 * What was last said of a folder, as a file beside its index: whoever follows the folder is told of a change by the
 * operating system. The rules that hold are those in the catalogue.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderRules } from '../../../shared/protocol/indexing.ts';

export const SAID_FILE = 'rules.json';

/** @param folder The folder of the index. */
export function tellRules(folder: string, rules: FolderRules): void {
	const text = JSON.stringify(rules);
	if (readSaid(folder) === text) return;
	const file = join(folder, SAID_FILE);
	writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
	renameSync(`${file}.tmp`, file);
}

/** Undefined where nothing was said that can be read. */
export function rulesSaid(folder: string): FolderRules | undefined {
	try {
		return JSON.parse(readSaid(folder)) as FolderRules;
	} catch {
		return undefined;
	}
}

function readSaid(folder: string): string {
	try {
		return readFileSync(join(folder, SAID_FILE), 'utf8');
	} catch {
		return '';
	}
}
