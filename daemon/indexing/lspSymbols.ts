/** `workspace/symbol` of the language server protocol, for editors that know no other way to ask. */
import type { Hit } from '../../shared/protocol/indexing.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import type { SymbolKind } from './symbols/symbol.ts';

/** The protocol's numbers. */
const KINDS: Readonly<Record<SymbolKind, number>> = {
	function: 12,
	method: 6,
	class: 5,
	interface: 11,
	struct: 23,
	enum: 10,
	enumMember: 22,
	type: 26,
	variable: 13,
	constant: 14,
	property: 7,
	module: 2,
	macro: 14,
	heading: 15,
};

export function symbolInformation(hits: readonly Hit[]): Result<'workspace/symbol'> {
	return hits.flatMap(({ workspace, path, line, column, endColumn = column, symbol }) => {
		if (symbol === undefined) return [];
		const kind = KINDS[symbol.kind as SymbolKind] ?? KINDS.variable;
		const uri = `${workspace.replace(/\/$/, '')}/${path.split('/').map(encodeURIComponent).join('/')}`;
		const range = {
			start: { line: line - 1, character: column - 1 },
			end: { line: line - 1, character: endColumn - 1 },
		};
		return {
			name: symbol.name,
			kind,
			location: { uri, range },
			...(symbol.container === undefined ? {} : { containerName: symbol.container }),
		};
	});
}
