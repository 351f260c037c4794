/**
 * What a person has agreed to, as it stands in config.json, and the keys in secrets.json. Read by the daemon, and by
 * those who send: so what is taken back there is sent nowhere.
 */
import { readFileSync } from 'node:fs';
import type { DataPaths } from '../../../shared/paths.ts';
import { folderPath } from '../catalogue/location.ts';
import { type Endpoint, readEndpoint } from './endpoint.ts';

/** One folder's, in `meaning` of config.json. */
export interface MeaningEntry {
	/** Of the folder: its path with every link resolved. */
	readonly root: string;
	readonly endpoint: string;
	readonly model: string;
	/** What was agreed to. Where the rest says something else, nothing is sent. */
	readonly consent: Consent;
}

export interface Consent {
	readonly root: string;
	readonly origin: string;
	readonly model: string;
}

/** One endpoint's key, in `meaning` of secrets.json. */
export interface MeaningKey {
	readonly root: string;
	/** It is sent nowhere else. */
	readonly origin: string;
	readonly key: string;
}

export interface Meaning extends Endpoint {
	readonly root: string;
	readonly model: string;
	readonly key: string | undefined;
}

export const isEntry = (value: unknown): value is MeaningEntry =>
	isObject(value) &&
	areTexts(value, ['root', 'endpoint', 'model']) &&
	isObject(value['consent']) &&
	areTexts(value['consent'], ['root', 'origin', 'model']);

export const isKey = (value: unknown): value is MeaningKey =>
	isObject(value) && areTexts(value, ['root', 'origin', 'key']);

/** What may be sent, and where; undefined where nobody has agreed to just that. */
export function consented(entries: unknown, keys: unknown, workspace: string): Meaning | undefined {
	const root = folderPath(workspace);
	const entry = listOf(entries, isEntry).find((one) => one.root === root);
	if (entry === undefined) return undefined;
	const endpoint = endpointOf(entry.endpoint);
	if (endpoint === undefined) return undefined;
	const { consent, model } = entry;
	if (consent.root !== root || consent.origin !== endpoint.origin || consent.model !== model) {
		return undefined;
	}
	const { origin } = endpoint;
	const found = listOf(keys, isKey).find((one) => one.root === root && one.origin === origin);
	return { ...endpoint, root, model, key: found?.key };
}

/** The same, from the files as they are now. */
export function readMeaning(paths: DataPaths, workspace: string): Meaning | undefined {
	return consented(fieldOf(paths.config, 'meaning'), fieldOf(paths.secrets, 'meaning'), workspace);
}

export function listOf<T>(value: unknown, is: (one: unknown) => one is T): T[] {
	return Array.isArray(value) ? value.filter(is) : [];
}

function fieldOf(file: string, name: string): unknown {
	try {
		const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
		return isObject(content) ? content[name] : undefined;
	} catch {
		// Absent, or not to be understood: then nobody has agreed.
		return undefined;
	}
}

function endpointOf(text: string): Endpoint | undefined {
	try {
		return readEndpoint(text);
	} catch {
		return undefined;
	}
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null;

const areTexts = (value: Record<string, unknown>, names: readonly string[]): boolean =>
	names.every((name) => typeof value[name] === 'string' && value[name] !== '');
