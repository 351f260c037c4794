/** What index jobs are called in lists. */

const TITLE_LENGTH = 200;
const HALF_CHARACTER = /[\ud800-\udbff]$/;

export function filesTitle(files: readonly string[]): string {
	if (files.length === 1) return titled(`Index ${files[0]}`);
	const folder = commonFolder(files);
	return titled(`Index ${files.length} files${folder === '' ? '' : ` in ${folder}`}`);
}

/** One line of a bounded length, whatever characters a name has. */
export function titled(text: string): string {
	const line = text.replace(/\p{Cc}+/gu, ' ');
	return line.length <= TITLE_LENGTH
		? line
		: `${line.slice(0, TITLE_LENGTH - 1).replace(HALF_CHARACTER, '')}…`;
}

function commonFolder(files: readonly string[]): string {
	const [first = ''] = files;
	let folder = first.split('/').slice(0, -1);
	for (const file of files) {
		const names = file.split('/');
		const differs = folder.findIndex(
			(name, depth) => depth >= names.length - 1 || name !== names[depth],
		);
		if (differs !== -1) folder = folder.slice(0, differs);
	}
	return folder.join('/');
}
