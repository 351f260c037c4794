/** What a file's path says: its words, and how likely it is what somebody looks for. */

/** The path, and the names in it that hyphens and dots divide, joined: `user-list.spec.ts` is `userlist`, too. */
export function searchablePath(path: string): string {
	const joined = path.split('/').flatMap((name) => {
		const pieces = name
			.replace(/\.[^.]*$/, '')
			.split(/[-.\s]+/)
			.filter((piece) => piece !== '');
		return pieces.length > 1 ? [pieces.join('')] : [];
	});
	return [path, ...joined].join(' ');
}

/** The name of the file without what comes after its first dot. */
export function stemOfPath(path: string): string {
	const name = path.slice(path.lastIndexOf('/') + 1);
	return /^\.*[^.]+/.exec(name)?.[0] ?? name;
}

const TESTS =
	/(?:^|\/)(?:tests?|specs?|__tests__|__mocks__|testdata|fixtures|e2e|bench(?:marks?)?|examples?)\/|[._-](?:test|spec)\.[^/]*$|(?:^|\/)test_[^/]*$|_test\.[^/]*$/i;
const COPIED =
	/(?:^|\/)(?:vendor(?:ed)?|third[_-]party|node_modules|dist|build|out|generated)\/|\.min\.[^/]*$|\.lock$|-lock\.[^/]*$|\.map$/i;

/** What they name is defined elsewhere. */
const DECLARATIONS = /\.(?:h|hh|hpp|hxx|d\.[cm]?ts|pyi)$/i;

/** Subtracted where one file is as good as another. */
export function priorOf(path: string): number {
	const declares = DECLARATIONS.test(path) ? -0.15 : 0;
	return declares + (TESTS.test(path) ? -0.3 : 0) + (COPIED.test(path) ? -0.5 : 0);
}
