import { describe, expect, test } from 'vitest';
import {
	Unclear,
	withoutSection,
	withoutServer,
	withSection,
	withServer,
} from '../../../../daemon/cli/setup/edits.ts';
import type { HostFormat } from '../../../../daemon/cli/setup/hosts.ts';

const LAUNCHER = '/home/me/.semantica/bin/semantica';
const JSON_FORMAT: HostFormat = {
	kind: 'json',
	key: 'mcpServers',
	entry: (command) => ({ command, args: [] }),
};
const TOML: HostFormat = { kind: 'toml' };

const lines = (...all: string[]) => `${all.join('\n')}\n`;

describe('a configuration in JSON', () => {
	test('gets the server beside others, and nothing else of it is touched', () => {
		const text = lines(
			'{',
			'\t// mine',
			'\t"other": [1,2],',
			'\t"mcpServers": {',
			'\t\t"x": { "command": "x" } // here',
			'\t}',
			'}',
		);
		const after = withServer(text, JSON_FORMAT, LAUNCHER);
		expect(after).toBe(
			lines(
				'{',
				'\t// mine',
				'\t"other": [1,2],',
				'\t"mcpServers": {',
				'\t\t"x": { "command": "x" },',
				'\t\t"semantica": {',
				`\t\t\t"command": "${LAUNCHER}",`,
				'\t\t\t"args": []',
				'\t\t} // here',
				'\t}',
				'}',
			),
		);
		expect(withServer(after, JSON_FORMAT, LAUNCHER)).toBe(after);
		expect(withoutServer(after, JSON_FORMAT, LAUNCHER)).toBe(text);
	});

	test.each(['', '{}', '{\n}\n', '{ "a": 1 }', '{"mcpServers":{}}', '{\n  "a": {},\n}\n'])(
		'is made where there is none: %j',
		(text) => {
			const after = withServer(text, JSON_FORMAT, LAUNCHER);
			const without = after.replace(/,(\s*[}\]])/g, '$1');
			expect(JSON.parse(without).mcpServers).toEqual({
				semantica: { command: LAUNCHER, args: [] },
			});
			const undone = withoutServer(after, JSON_FORMAT, LAUNCHER);
			const known = JSON.parse(text.trim() === '' ? '{}' : text.replace(/,(\s*\})/, '$1'));
			expect(JSON.parse(undone.replace(/,(\s*\})/, '$1'))).toEqual({
				...known,
				mcpServers: undefined,
			});
		},
	);

	test('keeps its indentation and its ends of lines', () => {
		const text = '{\r\n    "a": 1\r\n}\r\n';
		expect(withServer(text, JSON_FORMAT, 'x')).toBe(
			'{\r\n    "a": 1,\r\n    "mcpServers": {\r\n        "semantica": {\r\n            "command": "x",\r\n            "args": []\r\n        }\r\n    }\r\n}\r\n',
		);
	});

	test('has an entry of the same name replaced, and one for another program is not taken away', () => {
		const text = '{\n  "mcpServers": {\n    "semantica": { "command": "/other" }\n  }\n}\n';
		expect(withoutServer(text, JSON_FORMAT, LAUNCHER)).toBe(text);
		expect(JSON.parse(withServer(text, JSON_FORMAT, LAUNCHER)).mcpServers.semantica.command).toBe(
			LAUNCHER,
		);
	});

	test.each(['{', '[]', '7', '{"a" 1}'])('that is none is left alone: %s', (text) => {
		expect(() => withServer(text, JSON_FORMAT, LAUNCHER)).toThrow(Unclear);
	});
});

describe('a configuration in TOML', () => {
	const text = lines('# mine', 'model = "x"   # keep', '', '[mcp_servers.other]', 'command = "y"');

	test('gets a table at its end, once, and loses it again', () => {
		const after = withServer(text, TOML, '/a "b"\\c');
		expect(after.startsWith(text)).toBe(true);
		expect(after).toContain('command = "/a \\"b\\"\\\\c"');
		expect(withServer(after, TOML, '/a "b"\\c')).toBe(after);
		expect(withoutServer(after, TOML, LAUNCHER)).toBe(text);
		expect(withoutServer(withServer('', TOML, LAUNCHER), TOML, LAUNCHER)).toBe('');
	});

	test('is left alone where it is not valid, or names such a server already', () => {
		expect(() => withServer('a = ', TOML, LAUNCHER)).toThrow(Unclear);
		const own = '[mcp_servers.semantica]\ncommand = "mine"\n';
		expect(() => withServer(own, TOML, LAUNCHER)).toThrow(Unclear);
		expect(withoutServer(own, TOML, LAUNCHER)).toBe(own);
	});
});

test('a document gets a section, once, and loses it again', () => {
	for (const text of ['', '# Rules\n', '# Rules\n\nmore\n']) {
		const after = withSection(text, 'ours');
		expect(withSection(after, 'ours')).toBe(after);
		expect(withSection(after, 'newer')).toContain('newer');
		expect(withoutSection(after)).toBe(text);
		expect(withoutSection(`${after}\nlater\n`)).toContain('later');
	}
});
