/** What containment costs per spawn, beside a plain detached spawn in the same run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openHarness } from '../integration/processes/harness.ts';

const LONG = process.env['CHAOS'] === 'long';
const TIMES = 300;

// In the long form only: beside other work it would measure that.
test.runIf(LONG)('what a contained spawn costs', async () => {
	const plainHarness = await openHarness({ means: 'process group' });
	const grouped = await openHarness({ means: 'control group' });
	const launch = {
		run: 1,
		command: '/bin/true',
		umask: 0o022,
		openFiles: 1024,
		args: [],
		cwd: '/',
		env: {},
		nice: 0,
		input: null,
		caps: {},
		leaveBehind: false,
	};
	let id = 0;
	const contained = (harness: typeof grouped) => async () => {
		const job = await harness.containment.spawn({ ...launch, id: `overhead${++id}` });
		job.stdout.resume();
		job.stderr.resume();
		await job.ended;
		await job.clear(false);
	};
	const ways: Record<string, { run(): Promise<unknown>; times: number[] }> = {
		plain: {
			run: async () => {
				const child = spawn('/bin/true', { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
				child.stdout.resume();
				child.stderr.resume();
				await once(child, 'exit');
			},
			times: [],
		},
		contained: { run: contained(plainHarness), times: [] },
		'contained, control group': { run: contained(grouped), times: [] },
	};
	// In turns, so that whatever else the machine does hits all alike.
	for (let i = 0; i < TIMES + 10; i++) {
		for (const { run, times } of Object.values(ways)) {
			const began = performance.now();
			await run();
			if (i >= 10) times.push(performance.now() - began);
		}
	}
	const quantile = (name: string, part: number) => {
		const times = ways[name]?.times.sort((a, b) => a - b) ?? [];
		return times[Math.floor(times.length * part)] ?? Number.NaN;
	};
	const figures = (part: number) =>
		Object.keys(ways)
			.map((name) => {
				const ratio = quantile(name, part) / quantile('plain', part);
				return `${name} ${quantile(name, part).toFixed(2)} ms (${ratio.toFixed(2)} x)`;
			})
			.join(', ');
	console.log(
		`spawn to exit and clear of /bin/true, ${TIMES} each\n median: ${figures(0.5)}\n fastest tenth: ${figures(0.1)}`,
	);
	// The fastest tell what it costs; the others tell what else the machine had to do.
	expect(quantile('contained', 0.1) / quantile('plain', 0.1)).toBeLessThan(4);
});
