/** `git@example.com:a/b.git` and `https://example.com/a/b` are the same repository, and have one name. */
export function normalRepository(url: string): string {
	const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
	const named = /^[a-z+]+:\/\/(?:[^@/]+@)?([^/:]*)(?::\d+)?\/(.+)$/.exec(url);
	const [, host = '', path = url] = named ?? scp ?? [];
	const name = path.replace(/\/+$/, '').replace(/\.git$/, '');
	return host === '' ? name : `${host.toLowerCase()}/${name.replace(/^\/+/, '')}`;
}
