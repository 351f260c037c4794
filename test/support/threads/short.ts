/** Asks while no descriptor is left, and lets go of them a moment later; prints the answers. Run under `ulimit -n 64`. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createProcess, createThread } from '../../../daemon/threads/asking.ts';

type Methods = { readonly echo: { params: string; result: string } };

const entry = join(import.meta.dirname, 'echo.ts');
const common = { entry, idleMs: 1000, name: 'The echo' };
const askings = {
	thread: createThread<Methods>({ ...common, workerData: {}, heapMb: 64 }),
	process: createProcess<Methods>({ ...common, node: () => process.execPath, args: ['--process'] }),
};

const taken: number[] = [];
const takeAll = () => {
	try {
		for (;;) taken.push(openSync('/dev/null', 'r'));
	} catch {
		// None is left.
	}
};

for (const [name, asked] of Object.entries(askings)) {
	takeAll();
	const answer = asked.ask('echo', name);
	setTimeout(() => {
		for (const fd of taken.splice(0)) closeSync(fd);
	}, 300);
	console.log(await answer);
	await asked.close();
}
