/** Jobs that go on until the test says so, whatever the speed of the machine. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Gate {
	/** For a shell: waits until the gate is open. */
	readonly wait: string;
	open(): void;
}

export function makeGate(): Gate {
	const file = join(mkdtempSync(join(process.env['SEMANTICA_E2E_WORK'] ?? tmpdir(), 'g-')), 'open');
	return {
		wait: `until [ -e '${file}' ]; do sleep 0.1; done`,
		open: () => writeFileSync(file, ''),
	};
}
