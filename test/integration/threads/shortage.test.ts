import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const short = join(import.meta.dirname, '../../support/threads/short.ts');

test.skipIf(process.platform === 'win32')(
	'a thread, or a process, that cannot be started for want of descriptors answers when there are some',
	() => {
		const line = `ulimit -n 64; exec '${process.execPath}' '${short}'`;
		const env = { ...process.env, NODE_NO_WARNINGS: '1' };
		const printed = execFileSync('sh', ['-c', line], { encoding: 'utf8', env });
		expect(printed).toBe('thread\nprocess\n');
	},
);
