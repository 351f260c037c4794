/** Which names a text defines: one sample of each language, as people write it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placedSymbols } from '../../../../daemon/indexing/symbols/place.ts';
import { readSymbols } from '../../../../daemon/indexing/symbols/read.ts';

const names = (path: string, text: string): string[] =>
	readSymbols(path, text).map(({ name, kind, container }) =>
		container === '' ? `${kind} ${name}` : `${kind} ${container}.${name}`,
	);

describe('definitions', () => {
	test('C', () => {
		const text = String.raw`
#define LIMIT(x) \
	((x) > 3 ? 3 : (x))
static const char *names[] = { "int fake(void) {", NULL };
typedef int (*callback)(void *, int);
typedef void handler(int);
typedef struct list { struct list *next; int a, *b; unsigned bits:3; int (*fn)(int); } list_t;
enum color { RED = 1, GREEN, };
extern int elsewhere;
int prototype(int a, char *b);
#ifdef A
static int first(int a) {
#else
static int first(long a) {
#endif
	struct inner { int x; } y;
	return call(a); /* int fake(void) { } */
}
struct list *last(struct list *of) { return of; }
int old(a, b) int a; char *b; { return a; }
SYSCALL_DEFINE2(open, const char *, name) { return 0; }
__attribute__((noreturn)) void stop(void) __attribute__((cold));
static int (*table[])(void) = { first };
`;
		expect(names('a.c', text)).toEqual([
			'macro LIMIT',
			'variable names',
			'type callback',
			'type handler',
			'struct list',
			'property list.next',
			'property list.a',
			'property list.b',
			'property list.bits',
			'property list.fn',
			'type list_t',
			'enum color',
			'enumMember color.RED',
			'enumMember color.GREEN',
			'function first',
			'function first',
			'struct first.inner',
			'property inner.x',
			'function last',
			'function old',
			'function SYSCALL_DEFINE2',
			'function open',
			'variable table',
		]);
	});

	test('C++', () => {
		const text = `
namespace a::b {
template <typename T> class Box : public Base<T> {
 public:
	explicit Box(int x) : x_(x), y_{x} { run(); }
	~Box() override {}
	bool operator==(const Box &other) const { return true; }
	int size() const;
 private:
	int x_ = 0;
	std::vector<int> y_;
};
enum class Mode : int { kOn, kOff };
using Alias = Box<int>;
template <> int Box<int>::size() const { return 1; }
Box<int>::~Box() {}
auto text = R"x(class Fake {};)x";
}`;
		expect(names('a.cc', text)).toEqual([
			'module a',
			'module a.b',
			'class b.Box',
			'method Box.Box',
			'method Box.~Box',
			'method Box.operator ==',
			'property Box.x_',
			'property Box.y_',
			'enum b.Mode',
			'enumMember Mode.kOn',
			'enumMember Mode.kOff',
			'type b.Alias',
			'method Box.size',
			'method Box.~Box',
			'variable b.text',
		]);
	});

	test('TypeScript', () => {
		const text = `
import { a } from './a';
export const LIMIT = 3, { b, c: d } = a;
export interface Shape<T> { readonly area: number; draw(to: T): Promise<void>
	scale?(by: number): void }
type Id = string | { inner: number };
export abstract class Circle<T extends { x: number }> extends mixin(A, B) implements Shape<T> {
	static #count = 0;
	private handler = async (event: Event): Promise<{ ok: boolean }> => { const local = 1; };
	constructor(private readonly radius: number) { super(); this.late = 1; }
	@decorate({ a: 1 }) get area(): number { return /[}"']/.test(\`\${a ? "}" : '{'}\`) ? 1 : 2; }
	async *walk(): AsyncIterable<number> {}
}
enum Mode { On = 1, 'Off' }
namespace N { export function inside(): void { function nested() {} } }
export default function <T>(x: T) { const helper = (y: number) => y * 2; return { run() {}, plain: 1 }; }
const table = { key: 1, make: () => 2, nested: { deep() {} } };
Circle.prototype.grow = function () {};
`;
		expect(names('a.ts', text)).toEqual([
			'constant LIMIT',
			'constant b',
			'constant d',
			'interface Shape',
			'property Shape.area',
			'method Shape.draw',
			'method Shape.scale',
			'type Id',
			'class Circle',
			'property Circle.#count',
			'method Circle.handler',
			'method Circle.constructor',
			'property Circle.radius',
			'property Circle.late',
			'method Circle.area',
			'method Circle.walk',
			'enum Mode',
			'enumMember Mode.On',
			'module N',
			'function N.inside',
			'function inside.nested',
			'function helper',
			'method run',
			'constant table',
			'property table.key',
			'method table.make',
			'property table.nested',
			'method nested.deep',
			'method Circle.grow',
		]);
	});

	test('Python', () => {
		const text = `
"""def fake(): pass"""
LIMIT = 3
a, b = 1, 2
names: list[str] = [
    "class Fake:",
]
call(keyword=1)
class Box(Base):
    size: int = 0
    other = x = 1
    async def open(self, a=1):
        local = 2
        def inner(): pass
    @property
    def closed(self): return self.x == 1
if True:
    def late(): pass
`;
		expect(names('a.py', text)).toEqual([
			'constant LIMIT',
			'variable a',
			'variable b',
			'variable names',
			'class Box',
			'property Box.size',
			'property Box.other',
			'property Box.x',
			'method Box.open',
			'function open.inner',
			'method Box.closed',
			'function late',
		]);
	});

	test('Go', () => {
		const text =
			'package main\nconst (\n\tA = iota\n\tB\n)\nvar x, y = 1, `func fake() {`\n' +
			'type (\n\tPoint struct {\n\t\tX, Y int\n\t\tio.Reader\n\t\tInner struct {\n\t\t\tz int\n\t\t}\n\t}\n' +
			'\tShape interface {\n\t\tArea() int\n\t\tio.Closer\n\t}\n)\ntype ID = string\n' +
			'func (p *Point) Move(by int) { var local = 1 }\nfunc (l List[T]) Len() int { return 0 }\nfunc main() {}\n';
		expect(names('a.go', text)).toEqual([
			'module main',
			'constant A',
			'constant B',
			'variable x',
			'variable y',
			'struct Point',
			'property Point.X',
			'property Point.Y',
			'property Point.Inner',
			'property Inner.z',
			'interface Shape',
			'method Shape.Area',
			'type ID',
			'method Point.Move',
			'method List.Len',
			'function main',
		]);
	});

	test('Rust', () => {
		const text = `
/* /* nested */ fn fake() {} */
pub struct Point<'a, T> { pub x: HashMap<u8, T>, y: &'a str }
enum Mode { On, Off(u8), #[x] Both { a: u8 } }
pub trait Shape { fn area(&self) -> f64; }
impl<T> Shape for Point<'_, T> where T: Copy { fn area(&self) -> f64 { fn inner() {} 0.0 } }
const LIMIT: u8 = b'}';
static mut STATE: &str = r#"fn fake() {"#;
type Id = u64;
mod deep { macro_rules! make { ($a:expr) => { fn $a() {} }; } }
`;
		expect(names('a.rs', text)).toEqual([
			'struct Point',
			'property Point.x',
			'property Point.y',
			'enum Mode',
			'enumMember Mode.On',
			'enumMember Mode.Off',
			'enumMember Mode.Both',
			'interface Shape',
			'method Shape.area',
			'method Point.area',
			'function area.inner',
			'constant LIMIT',
			'constant STATE',
			'type Id',
			'module deep',
			'macro deep.make',
		]);
	});

	test('Java and C#', () => {
		const java = `
package org.example;
import java.util.*;
@Deprecated public final class Box<T extends Comparable<T>> implements Runnable {
	private static final int LIMIT = 3, OTHER = 4;
	int[] values = { 1, 2 };
	public Box(int x) { new Thread() { @Override public void run() {} }; class Local {} }
	public <U> Map<String, U> get(@Nonnull String key) throws IOException { if (a) { call(b); } return null; }
	enum Mode { ON(1) { int x() { return 1; } }, OFF; private int code; }
	interface Inner { void done(); }
	record Pair(int left, String right) {}
}`;
		expect(names('Box.java', java)).toEqual([
			'module org.example',
			'class Box',
			'constant Box.LIMIT',
			'constant Box.OTHER',
			'property Box.values',
			'method Box.Box',
			'method Box.run',
			'class Box.Local',
			'method Box.get',
			'enum Box.Mode',
			'enumMember Mode.ON',
			'method Mode.x',
			'enumMember Mode.OFF',
			'property Mode.code',
			'interface Box.Inner',
			'method Inner.done',
			'class Box.Pair',
			'property Pair.left',
			'property Pair.right',
		]);
		const sharp = `
using System;
namespace A.B {
	public delegate void Changed(int x);
	public class Box : Base {
		public event Changed OnChanged;
		public string Name { get; set; } = @"class ""Fake {";
		public int Size => 3;
		public Box(int x) : base(x) { }
		public async Task<int> Run<T>(T a) where T : class { return 1; }
		public static Box operator +(Box a, Box b) { return a; }
	}
}`;
		expect(names('Box.cs', sharp)).toEqual([
			'module A.B',
			'type A.B.Changed',
			'class A.B.Box',
			'property Box.OnChanged',
			'property Box.Name',
			'property Box.Size',
			'method Box.Box',
			'method Box.Run',
			'method Box.operator +',
		]);
	});

	test('PHP, Ruby, Perl, shell, Lua, Kotlin, SQL, Make, Markdown', () => {
		const php = `It's <?php
namespace A\\B;
use X\\Y;
const LIMIT = 3;
abstract class Box { #[Attr] private ?int $size = 1; const KIND = 'x'; public function run(): void { $local = 1; } }
function &help() {}
$top = 1;
enum Mode: string { case On = 'on'; }`;
		expect(names('a.php', php)).toEqual([
			'module A\\B',
			'constant LIMIT',
			'class Box',
			'property Box.size',
			'constant Box.KIND',
			'method Box.run',
			'function help',
			'variable top',
			'enum Mode',
			'enumMember Mode.On',
		]);
		const ruby =
			'module A\n  class B < C\n    LIMIT = 3\n    attr_reader :x, :y\n    def self.make?(a) = 1\n' +
			'    TEXT = <<~END\n      def fake\n    END\n    # def fake2\n  end\nend\ndef top!\nend\n__END__\ndef no; end\n';
		expect(names('a.rb', ruby)).toEqual([
			'module A',
			'class A.B',
			'constant B.LIMIT',
			'property B.x',
			'property B.y',
			'method B.make?',
			'constant B.TEXT',
			'method top!',
		]);
		expect(
			names('a.pm', 'package A::B;\nsub run {\n}\n=pod\n\nsub fake\n\n=cut\nsub more {}\n'),
		).toEqual(['module A::B', 'function A::B.run', 'function A::B.more']);
		expect(
			names('run', '#!/bin/sh\nopen_it () {\n\tcat <<-EOF\nfake() {\nEOF\n}\nfunction two {\n'),
		).toEqual(['function open_it', 'function two']);
		expect(
			names(
				'a.lua',
				'local function one() end\nfunction A.b:two() end\nM.three = function() end\n',
			),
		).toEqual(['function one', 'method two', 'function three']);
		expect(
			names(
				'a.kt',
				'data class Point(val x: Int) {\n    fun move(by: Int) = 1\n    companion object Maker\n}\n',
			),
		).toEqual(['class Point', 'function Point.move', 'class Point.Maker']);
		expect(
			names(
				'a.sql',
				'CREATE TABLE IF NOT EXISTS "users" (id int);\ncreate index by_name on users(name);',
			),
		).toEqual(['struct users', 'type by_name']);
		expect(names('Makefile', 'CC := gcc\nall: build\n\tx = 1\n')).toEqual([
			'macro CC',
			'function all',
		]);
		expect(names('a.md', '# One #\n```\n# no\n```\n## 二\n')).toEqual([
			'heading One',
			'heading 二',
		]);
	});

	test('none of what has no language, and none of what a program packed', () => {
		expect(names('a.txt', 'function x() {}')).toEqual([]);
		expect(names('a.min.js', `function x(){}${'var a=1;'.repeat(5000)}`)).toEqual([]);
	});
});

test('places are those of editors, whatever ends the lines', () => {
	const text = 'int a;\r\nint b;\rint c;\n\n  int dé(void) {}';
	expect(
		placedSymbols('a.c', text).map(({ name, line, column }) => `${name} ${line}:${column}`),
	).toEqual(['a 1:5', 'b 2:5', 'c 3:5', 'dé 5:7']);
});

test('whatever a text is, it is read, and names stand where they are said to', () => {
	const piece = fc.constantFrom(
		...'{ } ( ) [ ] < > ; : , = => -> . # @ " \' ` ${ */ /* // \\ \n'.split(' '),
		...'class struct enum function def fn impl const typedef template operator namespace interface'.split(
			' ',
		),
		...'#if #else #endif R"( r#" @" """ <? x y Name 1 é 名'.split(' '),
		' ',
		'\n',
	);
	const endings =
		'c cc ts py go rs java cs php rb pl sh lua kt hs ml sql mk proto scss md ex el'.split(' ');
	fc.assert(
		fc.property(
			fc.array(piece, { maxLength: 300 }),
			fc.constantFrom(...endings),
			(pieces, ending) => {
				const text = pieces.join('');
				for (const { name, at } of readSymbols(`a.${ending}`, text)) {
					const stands = text.slice(at, at + name.length);
					expect(name.startsWith('operator ') || stands === name).toBe(true);
				}
			},
		),
		{ numRuns: 1000 },
	);
});

test('brackets by the ten thousand, one kind in the other, come to an end', () => {
	const n = 30_000;
	for (const path of ['a.c', 'a.ts', 'a.rs', 'a.java', 'a.py', 'a.go', 'a.php']) {
		const torture = [
			'['.repeat(n) + ')'.repeat(n),
			'{('.repeat(n) + '}'.repeat(n),
			'class A {\n'.repeat(n / 10),
			'a = <\n'.repeat(n),
			'`${'.repeat(n / 2),
			'#if 1\n{\n'.repeat(n / 4),
			'f(a) int a;\n'.repeat(n / 4),
			'struct a '.repeat(n / 4),
		];
		for (const text of torture) expect(readSymbols(path, `int x;\n${text}`)).toBeDefined();
	}
});
