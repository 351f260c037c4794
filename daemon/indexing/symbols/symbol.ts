/** Names that are defined in a text, and what they are. */

/** Their places are what segments store: only ever add to the end. */
export const SYMBOL_KINDS = [
	'function',
	'method',
	'class',
	'interface',
	'struct',
	'enum',
	'enumMember',
	'type',
	'variable',
	'constant',
	'property',
	'module',
	'macro',
	'heading',
] as const;
export type SymbolKind = (typeof SYMBOL_KINDS)[number];

export interface TextSymbol {
	readonly name: string;
	readonly kind: SymbolKind;
	/** Of the name, UTF-16 units. */
	readonly at: number;
	/** What it is a part of; '' for none. */
	readonly container: string;
}

/** Is told of every name, in no order. */
export type Emit = (name: string, kind: SymbolKind, at: number, container?: string) => void;

/** What a language's definitions look like. */
export type Reader = (text: string, emit: Emit) => void;
