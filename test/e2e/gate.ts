/** Jobs that go on until the test says so, whatever the speed of the machine. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Gate {
	/** Is there once the gate is open. */
	readonly file: string;
	/** For a shell: true until the gate is open. */
	readonly closed: string;
	/** For a shell: waits until then. */
	readonly wait: string;
	open(): void;
}

export function makeGate(): Gate {
	const file = join(mkdtempSync(join(process.env['SEMANTICA_E2E_WORK'] ?? tmpdir(), 'g-')), 'open');
	const closed = `[ ! -e '${file}' ]`;
	return {
		file,
		closed,
		wait: `while ${closed}; do sleep 0.1; done`,
		open: () => writeFileSync(file, ''),
	};
}
