/**
 * `contributes.languageModelTools` of package.json, made of the list that `semantica mcp` shows:
 * `node scripts/languageModelTools.ts` writes it, and test/unit/extension/contributions.test.ts holds one against the other.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOL_LIST } from '../daemon/cli/mcp/tools/toolList.constant.ts';

/** A tool that is declared and not registered is listed and fails: so where and how it is registered. */
const WHEN = 'isWorkspaceTrusted && workspaceFolderCount != 0 && config.semantica.ai.door == tools';

const ICONS: Readonly<Record<string, string>> = {
	run_job: '$(play)',
	wait_job: '$(watch)',
	get_job: '$(info)',
	list_jobs: '$(list-unordered)',
	read_log: '$(output)',
	cancel_job: '$(stop-circle)',
	search_code: '$(search)',
	index_folder: '$(layers)',
};

export function languageModelTools(): object[] {
	return TOOL_LIST.map(({ name, description, inputSchema }) => ({
		name: `semantica_${name}`,
		displayName: `%tool.${name}%`,
		toolReferenceName: `semantica${name.replace(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase())}`,
		canBeReferencedInPrompt: true,
		userDescription: `%tool.${name}.description%`,
		modelDescription: description,
		icon: ICONS[name],
		when: WHEN,
		inputSchema,
	}));
}

if (process.argv[1] === import.meta.filename) {
	const file = join(import.meta.dirname, '../package.json');
	const manifest = JSON.parse(readFileSync(file, 'utf8'));
	manifest.contributes.languageModelTools = languageModelTools();
	writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}
