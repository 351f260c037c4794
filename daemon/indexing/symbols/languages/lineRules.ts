/** What definitions look like in languages that are read by line. */
import type { SymbolKind } from '../symbol.ts';
import type { LineSyntax, Rule } from './byLine.ts';

const NAME = '([\\p{L}_$][\\p{L}\\p{N}_$]*)';
const rule = (kind: SymbolKind, source: string, flags = ''): Rule => [
	kind,
	new RegExp(source.replaceAll('NAME', NAME), `du${flags}`),
];

export const RUBY: LineSyntax = {
	rules: [
		rule('class', '^\\s*class\\s+(?:[A-Z]\\w*::)*([A-Z]\\w*)'),
		rule('module', '^\\s*module\\s+(?:[A-Z]\\w*::)*([A-Z]\\w*)'),
		rule(
			'method',
			'^\\s*(?:(?:private|public|protected|private_class_method|module_function|memoize)\\s+)?def\\s+(?:[\\w:]+\\.)?([\\p{L}_]\\w*[?!=]?|[+\\-*/%<>=!~^&|\\[\\]@]+)',
		),
		rule('constant', '^\\s*([A-Z]\\w*)\\s*(?:\\|\\|)?=(?![=~>])'),
		rule('method', '^\\s*alias(?:_method)?\\s+:?([\\p{L}_]\\w*[?!=]?)'),
		rule('property', '^\\s*attr_(?:reader|writer|accessor)\\s+:(\\w+)'),
		rule('method', '^\\s*define_method\\s*\\(?\\s*:(\\w+[?!=]?)'),
	],
	comment: [/^=begin\b/, /^=end\b/],
	further: /,\s*:(\w+)/g,
	stop: /^__END__\s*$/,
	indented: true,
	holders: ['class', 'module'],
};

export const PERL: LineSyntax = {
	rules: [
		rule(
			'function',
			"^\\s*(?:my\\s+|our\\s+|async\\s+)?(?:sub|method|fun)\\s+(?:\\w+(?:::|'))*(\\w+)",
		),
		rule('module', "^\\s*package\\s+([\\w:']+)"),
		rule('constant', '^\\s*use\\s+constant\\s+(?:\\{\\s*)?(\\w+)'),
		rule('variable', '^our\\s+[$@%](\\w+)'),
		rule('property', '^\\s*has\\s+[\'"]?\\+?(\\w+)'),
	],
	comment: [/^=(?:pod|head\d|over|item|begin|for|encoding|method|attr|func|back)\b/, /^=cut\b/],
	stop: /^__(?:END|DATA)__\s*$/,
	holders: ['module'],
};

export const SHELL: LineSyntax = {
	rules: [
		rule('function', '^\\s*(?:function\\s+)?([\\w.:@-]+)\\s*\\(\\s*\\)'),
		rule('function', '^\\s*function\\s+([\\w.:@-]+)'),
		rule('function', '^\\s*alias\\s+([\\w.:-]+)='),
		rule('constant', '^(?:declare\\s+-r|readonly)\\s+(\\w+)='),
	],
	indented: true,
};

export const LUA: LineSyntax = {
	rules: [
		rule('method', '^\\s*function\\s+[\\w.]+[.:](\\w+)\\s*\\('),
		rule('function', '^\\s*(?:local\\s+)?function\\s+(\\w+)\\s*\\('),
		rule('function', '^\\s*(?:local\\s+)?(?:\\w+\\.)*(\\w+)\\s*=\\s*function\\b'),
		rule('variable', '^(?:local\\s+)?(\\w+)\\s*=(?!=)'),
	],
	comment: [/^\s*--\[\[(?!.*\]\])/, /\]\]/],
};

/** Kotlin, Swift, Scala, Dart, Groovy, Zig: each name is announced. */
export const ANNOUNCED: LineSyntax = {
	rules: [
		rule('class', '^\\s*(?:[\\w@()]+\\s+)*(?:class|object|actor|extension|mixin)\\s+NAME'),
		rule('interface', '^\\s*(?:\\w+\\s+)*(?:interface|trait|protocol)\\s+NAME'),
		rule('struct', '^\\s*(?:\\w+\\s+)*(?:struct|union)\\s+NAME'),
		rule('enum', '^\\s*(?:\\w+\\s+)*enum\\s+NAME'),
		rule('type', '^\\s*(?:\\w+\\s+)*(?:typealias|associatedtype|typedef|type)\\s+NAME'),
		rule('module', '^\\s*(?:package|module|namespace)\\s+([\\w.]+)'),
		rule(
			'function',
			'^\\s*(?:[\\w@()\\[\\]]+\\s+)*(?:fun|func|def|fn)\\s+(?:<[^>]*>\\s*)?(?:[\\w<>?]+\\.)?`?NAME',
		),
		rule(
			'constant',
			'^\\s*(?:(?:public|private|internal|override|static|final|lazy|const|pub|implicit|protected|open|lateinit|export)\\s+)*(?:val|let|const)\\s+NAME',
		),
		rule(
			'variable',
			'^\\s*(?:(?:public|private|internal|override|static|final|lazy|pub|protected|open|lateinit|weak|export)\\s+)*var\\s+NAME',
		),
		rule('enumMember', '^\\s*case\\s+NAME\\s*(?:$|[(,=])'),
		rule(
			'method',
			'^\\s*(?:(?:public|private|protected|static|final|override|abstract|external|async|synchronized)\\s+)*(?:void|int|double|bool|String|Future(?:<[^>]*>)?|[A-Z]\\w*(?:<[^>]*>)?\\??)\\s+NAME\\s*\\([^;]*\\{',
		),
	],
	comment: [/^\s*\/\*(?!.*\*\/)/, /\*\//],
	indented: true,
	holders: ['class', 'interface', 'struct', 'enum'],
};

export const ELIXIR: LineSyntax = {
	rules: [
		rule('module', '^\\s*def(?:module|protocol|impl)\\s+([\\w.]+)'),
		rule('macro', '^\\s*defmacrop?\\s+([\\w?!]+)'),
		rule('function', '^\\s*def(?:p|delegate|guardp?|callback)?\\s+([\\w?!]+)'),
	],
	indented: true,
	holders: ['module'],
};

export const LISP: LineSyntax = {
	rules: [
		rule('macro', '^\\s*\\(def(?:macro|ine-syntax(?:-rule)?|syntax)\\s+\\(?([^\\s()]+)'),
		rule('module', '^\\s*\\((?:ns|defpackage|in-package|define-library|module)\\s+([^\\s()]+)'),
		rule(
			'type',
			'^\\s*\\((?:defstruct|defclass|defrecord|deftype|defprotocol|define-record-type)\\s+\\(?([^\\s()]+)',
		),
		rule(
			'variable',
			'^\\s*\\(def(?:var|parameter|constant|custom|face|group|once)?\\s+\\^?([^\\s()]+)',
		),
		rule(
			'function',
			"^\\s*\\((?:cl-)?def(?:un|n|n-|generic|method|multi|subst|alias|ine)\\*?\\s+\\(?'?([^\\s()]+)",
		),
	],
};

export const HASKELL: LineSyntax = {
	rules: [
		rule('module', '^module\\s+([\\w.]+)'),
		rule(
			'type',
			'^(?:data|newtype|type(?:\\s+family)?|data\\s+family)\\s+(?:[^=]*=>\\s*)?([A-Z]\\w*)',
		),
		rule('interface', '^class\\s+(?:[^=]*=>\\s*)?([A-Z]\\w*)'),
		rule('function', "^([a-z_][\\w']*)\\s*(?:,\\s*[a-z_][\\w']*\\s*)*::"),
	],
	comment: [/^\s*\{-(?!.*-\})/, /-\}/],
};

/** OCaml, F#, Standard ML. */
export const ML: LineSyntax = {
	rules: [
		rule('module', '^\\s*module\\s+(?:type\\s+|rec\\s+)?(\\w+)'),
		rule(
			'type',
			"^\\s*(?:type|and)\\s+(?:'\\w+\\s+|\\([^)]*\\)\\s+)?([a-z_]\\w*|[A-Z]\\w*)\\s*(?:<[^>]*>)?\\s*=",
		),
		rule(
			'function',
			"^\\s*(?:let|and|val|external|fun|member)\\s+(?:rec\\s+|inline\\s+|private\\s+)*(?:\\w+\\.)?([\\p{L}_][\\w']*)",
		),
		rule('type', '^\\s*exception\\s+(\\w+)'),
	],
	comment: [/^\s*\(\*(?!.*\*\))/, /\*\)/],
	indented: true,
	holders: ['module'],
};

export const ERLANG: LineSyntax = {
	rules: [
		rule('module', '^-module\\((\\w+)'),
		rule('macro', '^-define\\((\\w+)'),
		rule('struct', '^-record\\((\\w+)'),
		rule('type', '^-(?:type|opaque)\\s+(\\w+)'),
		rule('function', '^([a-z]\\w*)\\([^)]*\\)\\s*(?:when\\b.*)?->'),
	],
};

export const SQL: LineSyntax = {
	rules: [
		rule(
			'struct',
			'^\\s*create\\s+(?:or\\s+replace\\s+)?(?:(?:global|local)\\s+)?(?:temp(?:orary)?\\s+|virtual\\s+|unlogged\\s+|materialized\\s+)*(?:table|view)\\s+(?:if\\s+not\\s+exists\\s+)?(?:["`\\[]?\\w+["`\\]]?\\.)?["`\\[]?(\\w+)',
			'i',
		),
		rule(
			'function',
			'^\\s*create\\s+(?:or\\s+replace\\s+)?(?:function|procedure|trigger|package(?:\\s+body)?)\\s+(?:if\\s+not\\s+exists\\s+)?(?:["`\\[]?\\w+["`\\]]?\\.)?["`\\[]?(\\w+)',
			'i',
		),
		rule(
			'type',
			'^\\s*create\\s+(?:unique\\s+)?(?:index|type|domain|sequence|schema)\\s+(?:concurrently\\s+)?(?:if\\s+not\\s+exists\\s+)?(?:["`\\[]?\\w+["`\\]]?\\.)?["`\\[]?(\\w+)',
			'i',
		),
	],
};

export const MAKE: LineSyntax = {
	rules: [
		rule('function', '^([\\w./%$()-]+)\\s*:(?![=:])'),
		rule('macro', '^(?:export\\s+|override\\s+)?([\\w.-]+)\\s*(?:\\?|:{1,3}|\\+|!)?=(?!=)'),
		rule('macro', '^define\\s+([\\w.-]+)'),
	],
};

export const CMAKE: LineSyntax = {
	rules: [
		rule('function', '^\\s*(?:function|macro)\\s*\\(\\s*([\\w-]+)', 'i'),
		rule('class', '^\\s*add_(?:executable|library|custom_target)\\s*\\(\\s*([\\w.:-]+)', 'i'),
		rule('variable', '^\\s*(?:set|option)\\s*\\(\\s*(\\w+)', 'i'),
	],
};

export const PROTO: LineSyntax = {
	rules: [
		rule('module', '^\\s*package\\s+([\\w.]+)'),
		rule('struct', '^\\s*(?:message|input|union)\\s+(\\w+)'),
		rule('interface', '^\\s*(?:service|interface)\\s+(\\w+)'),
		rule('enum', '^\\s*enum\\s+(\\w+)'),
		rule('type', '^\\s*(?:type|scalar|extend\\s+type)\\s+(\\w+)'),
		rule('method', '^\\s*rpc\\s+(\\w+)'),
		rule(
			'property',
			'^\\s*(?:repeated\\s+|optional\\s+|required\\s+)?[\\w.<>, ]+\\s+(\\w+)\\s*=\\s*\\d+\\s*[;\\[]',
		),
	],
	comment: [/^\s*\/\*(?!.*\*\/)/, /\*\//],
	indented: true,
	holders: ['struct', 'interface', 'enum', 'type'],
};

export const STYLE: LineSyntax = {
	rules: [
		rule('function', '^\\s*@(?:mixin|function)\\s+([\\w-]+)'),
		rule('variable', '^\\s*(?:[$@]|--)([\\w-]+)\\s*:'),
		rule('class', '^\\s*\\.([\\w-]+)[^;]*[{,]\\s*$'),
		rule('property', '^\\s*#([\\w-]+)[^;]*[{,]\\s*$'),
	],
	comment: [/^\s*\/\*(?!.*\*\/)/, /\*\//],
};

export const MARKDOWN: LineSyntax = {
	rules: [rule('heading', '^#{1,6}\\s+(.{1,200}?)\\s*#*\\s*$')],
	comment: [/^\s*```/, /^\s*```/],
};

export const TERRAFORM: LineSyntax = {
	rules: [
		rule('class', '^\\s*(?:resource|data)\\s+"[^"]+"\\s+"([^"]+)"'),
		rule('variable', '^\\s*(?:variable|output|module|provider)\\s+"([^"]+)"'),
	],
};

export const R: LineSyntax = {
	rules: [rule('function', '^\\s*`?([\\w.]+)`?\\s*(?:<-|=)\\s*function\\b')],
};

/** Julia, Nim, Pascal, Fortran, Visual Basic: what begins a block names it. */
export const BLOCKS: LineSyntax = {
	rules: [
		rule('module', '^\\s*(?:program|module|package|unit)\\s+(?!procedure\\b)NAME', 'i'),
		rule('struct', '^\\s*(?:mutable\\s+|abstract\\s+)?(?:struct|type)\\s+(?:::\\s*)?NAME', 'i'),
		rule('class', '^\\s*(?:(?:public|private|friend)\\s+)*class\\s+NAME', 'i'),
		rule('macro', '^\\s*(?:macro|template)\\s+NAME', 'i'),
		rule(
			'function',
			'^\\s*(?:[\\w()*=]+\\s+){0,4}(?:function|subroutine|procedure|proc|func|sub|method)\\s+(?:\\w+\\.)?NAME',
			'i',
		),
	],
};
