/** What the editor calls the kinds of symbols, and how it draws them. */
import { SymbolKind } from 'vscode';

const KINDS: Readonly<Record<string, readonly [kind: SymbolKind, icon: string]>> = {
	function: [SymbolKind.Function, 'symbol-function'],
	method: [SymbolKind.Method, 'symbol-method'],
	class: [SymbolKind.Class, 'symbol-class'],
	interface: [SymbolKind.Interface, 'symbol-interface'],
	struct: [SymbolKind.Struct, 'symbol-structure'],
	enum: [SymbolKind.Enum, 'symbol-enum'],
	enumMember: [SymbolKind.EnumMember, 'symbol-enum-member'],
	type: [SymbolKind.TypeParameter, 'symbol-type-parameter'],
	variable: [SymbolKind.Variable, 'symbol-variable'],
	constant: [SymbolKind.Constant, 'symbol-constant'],
	property: [SymbolKind.Property, 'symbol-property'],
	module: [SymbolKind.Module, 'symbol-module'],
	macro: [SymbolKind.Constant, 'symbol-constant'],
	heading: [SymbolKind.String, 'symbol-string'],
};
const OTHER = [SymbolKind.Variable, 'symbol-misc'] as const;

export const symbolKind = (kind: string): SymbolKind => (KINDS[kind] ?? OTHER)[0];
export const symbolIcon = (kind: string): string => (KINDS[kind] ?? OTHER)[1];
