import { relative, sep } from 'node:path';

/** Whether a path is the folder or lies in it. */
export function contains(outer: string, inner: string): boolean {
	const path = relative(outer, inner);
	return path === '' || !(path === '..' || path.startsWith(`..${sep}`) || path.includes(':'));
}
