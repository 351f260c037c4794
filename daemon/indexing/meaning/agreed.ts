/** Writing down which folders are searched by meaning, in config.json, and the keys of their endpoints, in secrets.json. */
import { readFileSync } from 'node:fs';
import { errorCode, errorMessage, SemanticaError } from '../../../shared/errors.ts';
import { writeAtomically } from '../../../shared/privateFile.ts';
import { isEntry, isKey, isObject, listOf, type MeaningEntry, type MeaningKey } from './entries.ts';

/** config.json, as far as this is about it. */
export interface MeaningConfig {
	readonly content: { readonly meaning: unknown };
	assertUsable(): void;
	write(change: { readonly meaning: unknown }): void;
}

export interface MeaningEntries {
	readonly all: readonly MeaningEntry[];
	/** In place of what the folder had. A key that is not given stays, where it is of the same endpoint. */
	put(entry: MeaningEntry, key: string | undefined): void;
	/** @returns Whether there was one. */
	remove(root: string): boolean;
}

export function openMeaningEntries(config: MeaningConfig, secretsFile: string): MeaningEntries {
	const all = () => listOf(config.content.meaning, isEntry);

	function writeKeys(change: (keys: readonly MeaningKey[]) => MeaningKey[]): void {
		const content = readSecrets(secretsFile);
		const keys = listOf(content['meaning'], isKey);
		const next = change(keys);
		if (JSON.stringify(next) === JSON.stringify(keys)) return;
		writeAtomically(secretsFile, `${JSON.stringify({ ...content, meaning: next }, null, 2)}\n`);
	}

	return {
		get all() {
			return all();
		},
		put(entry, key) {
			// Before the keys are touched.
			config.assertUsable();
			const { root, consent } = entry;
			writeKeys((keys) => [
				...keys.filter(
					(one) => one.root !== root || (key === undefined && one.origin === consent.origin),
				),
				...(key === undefined ? [] : [{ root, origin: consent.origin, key }]),
			]);
			config.write({ meaning: [...all().filter((one) => one.root !== root), entry] });
		},
		remove(root) {
			const there = all();
			const kept = there.filter((one) => one.root !== root);
			if (kept.length < there.length) config.write({ meaning: kept });
			writeKeys((keys) => keys.filter((one) => one.root !== root));
			return kept.length < there.length;
		},
	};
}

/** @throws SemanticaError CONFLICT where it is there and cannot be used: others' secrets are not to be lost */
function readSecrets(file: string): Record<string, unknown> {
	let content: unknown;
	try {
		content = JSON.parse(readFileSync(file, 'utf8'));
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return {};
		throw unusable(file, errorMessage(error));
	}
	if (!isObject(content)) throw unusable(file, 'it is no JSON object');
	return content;
}

const unusable = (file: string, why: string): SemanticaError =>
	new SemanticaError('CONFLICT', `${file} cannot be used: ${why}. Mend it, or remove it.`);
