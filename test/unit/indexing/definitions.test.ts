import { describe, expect, test } from 'vitest';
import { isDefinition } from '../../../daemon/indexing/words/definitions.ts';

/** Whether the first `name` on the line is defined there. */
function defines(line: string): boolean {
	const text = `before\n${line}\nafter`;
	const start = text.indexOf(line);
	const at = text.search(/\bname\b/);
	return isDefinition(text, { start, at, after: at + 4, end: start + line.length });
}

describe('a name is defined', () => {
	test.each([
		...[
			'export function name(',
			'export async function* name<T>(a: T) {',
			'class name extends Other {',
		],
		...['interface name {', 'type name = string;', 'export const name = 3;', 'const name: T = 3;'],
		...['let name;', 'enum name {', '\tasync name(id: string): Promise<void> {', '\tget name() {'],
		...['\t#name(a) {', 'name = (a) => a', '\tpublic static final int name(int a) {'],
		...['def name(self):', '    async def name(', 'class name:', 'name = 3', 'name: int = 3'],
		...[
			'func name(a int) error {',
			'func (r *Reader) name() {',
			'type name struct {',
			'var name int',
		],
		...['pub fn name<T>(a: T) -> T {', 'macro_rules! name {'],
		...[
			'static int name(struct a *a,',
			'struct list *name(void)',
			'#define name(a) (a)',
			'struct name {',
		],
		...['void Editor::name() {', 'namespace name {', 'module name', 'fun name(a: Int): Int {'],
	])('%s', (line) => {
		expect(defines(line)).toBe(true);
	});
});

describe('a name is used', () => {
	test.each([
		...[
			'name();',
			'\tname(a, b);',
			'return name(a) {',
			'await name({',
			'\tif (name(a)) {',
			'new name({',
		],
		...[
			'const a = name(b);',
			'import { name } from "a";',
			'struct name *a;',
			'x.name = 3;',
			'a.name({',
		],
		...['for (const a of name(b)) {', '// the name of it', '} else if name(a) {'],
		...['expect(name(a)).toBe(b);', 'static_assert(name(a),'],
	])('%s', (line) => {
		expect(defines(line)).toBe(false);
	});

	test('in data on one long line', () => {
		expect(defines(`${'x'.repeat(300)} function name() {`)).toBe(false);
	});
});
