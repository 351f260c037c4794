import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { chooseMatchers, readScripts } from '../../../../daemon/processes/problems/choose.ts';

const SCRIPTS = {
	test: 'npm run lint && vitest run',
	lint: 'eslint . && npm run typecheck',
	typecheck: 'NODE_ENV=test tsc --noEmit',
	circle: 'npm run circle',
	__proto__: 'x',
};

function chosen(line: string, shell = false) {
	const [command = '', ...args] = shell ? [line] : line.split(' ');
	return chooseMatchers({ command, args, shell }, async () => SCRIPTS);
}

test.each<[string, string[]]>([
	['tsc -p .', ['$tsc']],
	['./node_modules/.bin/tsc', ['$tsc']],
	['npx --yes tsc', ['$tsc']],
	['node node_modules/eslint/bin/eslint.js .', ['$eslint-stylish', '$eslint-compact']],
	['/usr/bin/x86_64-linux-gnu-gcc-12 -c a.c', ['$gcc']],
	['make -j8', ['$gcc']],
	['go test ./...', ['$go']],
	['python3.11 -m pytest -x', ['$pytest']],
	['timeout 60 pytest', ['$pytest']],
	['dotnet build', ['$msCompile']],
	['npm test', ['$eslint-stylish', '$eslint-compact', '$tsc']],
	['npm run -s typecheck', ['$tsc']],
	['pnpm exec tsc', ['$tsc']],
	['yarn lint', ['$eslint-stylish', '$eslint-compact', '$tsc']],
	['npm run circle', []],
	['npm run constructor', []],
	['npm run', []],
	['echo tsc', []],
	['sleep 1', []],
])('%s', async (line, expected) => {
	expect(await chosen(line)).toEqual(expected);
});

test('a line of shell names programs where commands begin', async () => {
	expect(await chosen('cd x && FOO=1 "tsc" -p . | tee log; pytest', true)).toEqual([
		'$tsc',
		'$pytest',
	]);
	expect(await chosen('git commit -m "go make"', true)).toEqual([]);
});

test('scripts are those of the nearest package, and of none where it cannot be read', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'semantica-scripts-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	mkdirSync(join(folder, 'a/b'), { recursive: true });
	writeFileSync(join(folder, 'package.json'), '{"scripts":{"x":"tsc"}}');
	expect(await readScripts(join(folder, 'a/b'))).toEqual({ x: 'tsc' });
	writeFileSync(join(folder, 'a/package.json'), 'no json');
	const words = { command: 'npm', args: ['run', 'x'], shell: false };
	expect(await chooseMatchers(words, () => readScripts(join(folder, 'a/b')))).toEqual([]);
});
