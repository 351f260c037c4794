import { expect, test } from 'vitest';
import { leftOutByDefault } from '../../../daemon/indexing/files/defaults.ts';

test.each([
	['node_modules/a/index.js', 'node_modules', 'node_modules'],
	['web/node_modules/a/node_modules/b.js', 'node_modules', 'web/node_modules'],
	['.venv/lib/x.py', '.venv', '.venv'],
	['.env', '.env', '.env'],
	['api/.env.local', '.env.*', 'api/.env.local'],
	['deploy/id_ed25519', 'id_ed25519', 'deploy/id_ed25519'],
	['certs/Server.PEM', '*.pem', 'certs/Server.PEM'],
	['vendored/node_modules', 'node_modules', 'vendored/node_modules'],
])('%s is left out', (path, entry, left) => {
	expect(leftOutByDefault(path)).toEqual({ entry, path: left });
});

test.each([
	...['src/main.ts', '.env.example', 'api/.env.local.sample', 'environment', 'keys.ts', '.envrc'],
	...['node_modules.ts', 'id_ed25519.pub', 'monkey', '.gitignore', 'a/venv.md'],
])('%s is not', (path) => {
	expect(leftOutByDefault(path)).toBeUndefined();
});

test('a folder is not taken for a file of that name', () => {
	expect(leftOutByDefault('nested/my.key', true)).toBeUndefined();
	expect(leftOutByDefault('nested/venv', true)).toEqual({ entry: 'venv', path: 'nested/venv' });
});
