/** Which jobs are functions: a worker does them, a process of their own none. */

/** "acme.embed"; what the daemon does itself has no dot, or begins with `index.`. */
export function isFunctionType(type: string): boolean {
	return type.includes('.') && !type.startsWith('index.');
}
