/**
 * What is left out of every index though no rule of the folder says so: what package managers put there, and
 * what opens doors. Files that git tracks are not asked about.
 */

const FOLDERS = new Set([
	...['node_modules', 'bower_components', '.venv', 'venv', '__pycache__', '.tox', '.gradle'],
	...['.terraform', '.svn', '.hg', '.ssh', '.gnupg', '.aws', '.semantica'],
]);

const FILES: readonly string[] = [
	...['.env', '.env.*', '.netrc', '.pgpass', '.pypirc', '.npmrc', '.htpasswd', '.git-credentials'],
	...['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519', '*.pem', '*.key', '*.p12', '*.pfx'],
	...['*.jks', '*.keystore', '*.kdbx', '*.tfstate', '*.tfstate.backup'],
];

/** Written to be shown around. */
const EXAMPLES = /^\.env\.(?:.*\.)?(?:example|sample|template|dist|defaults)$/;

/** What a path is left out for. */
export interface LeftOut {
	/** The entry of the list: `node_modules`, `*.pem`. */
	readonly entry: string;
	/** The path itself, or the folder of it that is on the list. */
	readonly path: string;
}

/** `path` is of a file, or of a folder where `folder` says so. */
export function leftOutByDefault(path: string, folder = false): LeftOut | undefined {
	let start = 0;
	for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', start)) {
		const name = path.slice(start, end).toLowerCase();
		if (FOLDERS.has(name)) return { entry: name, path: path.slice(0, end) };
		start = end + 1;
	}
	const name = path.slice(start).toLowerCase();
	// git names the folder of a nested repository as though it were a file.
	if (FOLDERS.has(name)) return { entry: name, path };
	if (folder || EXAMPLES.test(name)) return undefined;
	const entry = FILES.find((pattern) => matches(pattern, name));
	return entry === undefined ? undefined : { entry, path };
}

function matches(pattern: string, name: string): boolean {
	if (pattern.startsWith('*')) return name.endsWith(pattern.slice(1));
	if (pattern.endsWith('*')) return name.startsWith(pattern.slice(0, -1));
	return name === pattern;
}
