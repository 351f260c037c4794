/**
 * Every sentence that the extension says through vscode.l10n, for translators: `npm run l10n` writes
 * l10n/bundle.l10n.json. What may be said the types know, so that constants and choices count too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	isCallExpression,
	isIdentifier,
	isPropertyAccessExpression,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

const root = join(import.meta.dirname, '..');
export const BUNDLE = join(root, 'l10n/bundle.l10n.json');

/** `l10n.t`, and what it is handed on as. */
const TRANSLATES = new Set(['t', 'translate']);

/** As the file has it: each sentence is its own key. */
export function sentences() {
	const api = new API({ cwd: root });
	try {
		const config = join(root, 'tsconfig.json');
		const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
		const said = [];
		const look = (node) => {
			if (isCallExpression(node) && translates(node)) said.push(...node.arguments.slice(0, 1));
			node.forEachChild(look);
		};
		for (const name of project.program.getSourceFileNames()) {
			if (name.startsWith(join(root, 'extension/'))) look(project.program.getSourceFile(name));
		}
		const types = project.checker.getTypeAtLocation(said);
		const texts = new Set(types.flatMap(textsOf));
		return Object.fromEntries([...texts].sort().map((text) => [text, text]));
	} finally {
		api.close();
	}
}

function translates({ expression }) {
	const name = isPropertyAccessExpression(expression) ? expression.name : expression;
	return isIdentifier(name) && TRANSLATES.has(name.text);
}

/** None where any text may come: there it is handed on. */
function textsOf(type) {
	const parts = type.isUnionType() ? type.getTypes() : [type];
	return parts.filter((part) => part.isStringLiteralType()).map(({ value }) => value);
}

if (process.argv[1] === import.meta.filename) {
	mkdirSync(join(root, 'l10n'), { recursive: true });
	const found = sentences();
	writeFileSync(BUNDLE, `${JSON.stringify(found, undefined, 2)}\n`);
	console.log(`${Object.keys(found).length} sentences.`);
}
