/** What a tool is told that may not do something: which rule says so, and what a person can do about it. */
import { SemanticaError } from '../../shared/errors.ts';

/** By which rule something is refused. */
export type PolicyRule = 'run' | 'folder' | 'field' | 'type' | 'allowlist' | 'fleet';

export function forbidden(rule: PolicyRule, sentence: string, path?: string): SemanticaError {
	return new SemanticaError('FORBIDDEN', sentence, {
		kind: 'policy',
		rule,
		...(path === undefined ? {} : { path }),
	});
}
