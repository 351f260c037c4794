/** What a schema refused, in words that a client can act on. */
import type * as z from 'zod';

export interface Refusal {
	readonly message: string;
	readonly data: { readonly path: string; readonly message: string };
}

/** The first problem, by path, as in `jobs[17].priority`. */
export function refusalOf(error: z.ZodError): Refusal {
	const issue = deepest(error.issues[0]);
	const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
	const path = formatPath([...(issue?.path ?? []), ...keys]);
	const message =
		issue?.code === 'unrecognized_keys'
			? 'is not a known field'
			: (issue?.message ?? 'is not valid');
	return {
		message: path === '' ? `The parameters are not valid: ${message}.` : `${path}: ${message}.`,
		data: { path, message },
	};
}

// Of a union's branches, the one that knows every field given, else got furthest, is the one that was meant.
function deepest(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
	if (issue?.code !== 'invalid_union') return issue;
	const known = issue.errors.filter((branch) =>
		branch.every(({ code, path }) => code !== 'unrecognized_keys' || path.length > 0),
	);
	let best: z.core.$ZodIssue | undefined;
	for (const [first] of known.length > 0 ? known : issue.errors) {
		const candidate = deepest(first);
		if (candidate !== undefined && candidate.path.length > (best?.path.length ?? 0))
			best = candidate;
	}
	return best === undefined ? issue : { ...best, path: [...issue.path, ...best.path] };
}

function formatPath(path: readonly PropertyKey[]): string {
	return path
		.map((part, index) =>
			typeof part === 'number' ? `[${part}]` : index === 0 ? String(part) : `.${String(part)}`,
		)
		.join('');
}
