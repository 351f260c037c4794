/** The oldest Node that Semantica runs on. better-sqlite3 is built against Node-API 10 and crashes on less. */

/** A sentence for a person whose Node is too old, or undefined when it will do. */
export function nodeVersionProblem(versions: {
	readonly node: string;
	readonly napi?: string | undefined;
}): string | undefined {
	if (Number(versions.napi ?? 0) >= 10) return undefined;
	return (
		`Semantica needs Node 22.15 or newer (Node-API 10); this is Node ${versions.node}. ` +
		'Install a newer Node, or start Semantica through its npm scripts, which bring their own.'
	);
}
