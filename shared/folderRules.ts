/** What is indexed of a folder; apart from the schemas, which a command line does not load. */
import type { FolderRules } from './protocol/indexing.ts';

/** Of a folder of which nobody has said anything. */
export const DEFAULT_RULES: FolderRules = {
	exclude: [],
	defaultExcludes: true,
	maxFileBytes: 1024 * 1024,
};
