import { expect, it } from 'vitest';
import type { Link } from '../../../extension/connection/link.ts';
import { createEnqueueOnce } from '../../../extension/jobs/enqueueOnce.ts';

const spec = (line: string) => ({ type: 'command', title: line, command: { command: line } });

function opened() {
	let now = 0;
	let silent = false;
	const keys: string[] = [];
	const request = async (_method: string, { jobs }: { jobs: { key: string }[] }) => {
		keys.push(...jobs.map(({ key }) => key));
		if (silent) throw new Error('The daemon does not answer.');
		return { jobs: [{ id: 'id' }] };
	};
	const once = createEnqueueOnce({ request } as unknown as Link, () => now);
	const ask = async (line: string, answered = true) => {
		silent = !answered;
		await once(spec(line)).catch(() => {});
		return keys.at(-1);
	};
	return { ask, later: (ms: number) => (now += ms) };
}

it('a command that is tried again after silence is the same job, and then no more', async () => {
	const { ask } = opened();
	const first = await ask('deploy', false);
	expect(await ask('test')).not.toBe(first);
	expect(await ask('deploy', false)).toBe(first);
	expect(await ask('deploy')).toBe(first);
	expect(await ask('deploy')).not.toBe(first);
});

it('a command that is asked for again much later is another one', async () => {
	const { ask, later } = opened();
	const first = await ask('deploy', false);
	later(3_600_000);
	expect(await ask('deploy')).not.toBe(first);
});

it('the same command twice without waiting is two jobs', async () => {
	const { ask } = opened();
	const [one, other] = await Promise.all([ask('deploy'), ask('deploy')]);
	expect(one).toBeDefined();
	expect(await ask('deploy')).not.toBe(other);
});
