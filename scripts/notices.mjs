/** Who wrote what the bundles carry: the packages, each with its licence, whose text most licences want kept. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENSE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;

/**
 * @param files paths of source files; those within node_modules name their package.
 * @returns a text for people, a section a package, sorted by name.
 * Throws when a package does not say what its licence is.
 */
export function thirdPartyNotices(files) {
	const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
	const sections = new Map([...folders].map(describe));
	const sorted = [...sections].sort(([a], [b]) => (a < b ? -1 : 1));
	return [
		'Semantica contains software of others, under these licences.\n',
		...sorted.map(([name, text]) => `${'-'.repeat(80)}\n${name}\n\n${text}\n`),
	].join('\n');
}

/** The innermost package that a file belongs to. */
function packageFolder(file) {
	return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file.replaceAll('\\', '/'))?.[1];
}

function describe(folder) {
	const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
	if (typeof license !== 'string') throw new Error(`${name} does not say what its licence is.`);
	const texts = readdirSync(folder)
		.filter((file) => LICENSE_FILE.test(file))
		.sort()
		.map((file) => readFileSync(join(folder, file), 'utf8').trim());
	return [`${name} ${version} (${license})`, texts.join('\n\n')];
}
