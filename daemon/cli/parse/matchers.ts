/** `--errors`: a matcher by its name, or in a file as tasks.json has it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorMessage } from '../../../shared/errors.ts';
import type { Matcher } from '../../../shared/problems.ts';
import { BUILT_IN_MATCHERS } from '../../../shared/problemTerms.ts';
import { CliError, usageError } from '../errors.ts';

const NAMES = BUILT_IN_MATCHERS.map((name) => name.slice(1));

/** @throws CliError */
export async function matchersOf(
	given: readonly string[] | undefined,
	cwd: string,
): Promise<Matcher[] | undefined> {
	if (given === undefined) return undefined;
	const wanted = given.filter((name) => name !== 'none');
	if (wanted.length < given.length && wanted.length > 0) {
		throw usageError('--errors none: no errors are looked for, so there can be no other matcher.');
	}
	return Promise.all(wanted.map((name) => builtIn(name) ?? inFile(resolve(cwd, name), name)));
}

function builtIn(name: string): Matcher | undefined {
	const word = name.replace(/^\$/, '').toLowerCase();
	return BUILT_IN_MATCHERS.find((known) => known.slice(1).toLowerCase() === word);
}

async function inFile(path: string, given: string): Promise<Matcher> {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch {
		throw usageError(
			`--errors ${given}: there is neither a matcher nor a file of that name. Matchers: ${NAMES.join(', ')}.`,
		);
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		throw new CliError(`--errors ${given}: the file is no JSON (${errorMessage(error)}).`);
	}
	// The schema library costs everyone's start otherwise.
	const { matcherSchema } = await import('../../../shared/problems.ts');
	const { success, data, error } = matcherSchema.safeParse(value);
	if (success) return data;
	const [issue] = error.issues;
	const inner = issue?.code === 'invalid_union' ? issue.errors.flat().at(-1) : issue;
	const where = inner === undefined || inner.path.length === 0 ? '' : `${inner.path.join('.')} `;
	throw new CliError(`--errors ${given}: ${where}${inner?.message ?? 'is no matcher'}.`);
}
