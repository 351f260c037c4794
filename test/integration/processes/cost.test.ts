/** What runs cost, on real processes: held by their group, by control group, and by a supervisor that waited. */
import { expect, test } from 'vitest';
import { MEANS, openHarness, usesControlGroups } from './harness.ts';

/** CPU time of a shell's loop, about half a second; whoever tells it to the shell's parent waits for it. */
const BURN = 'i=0; while [ "$i" -lt 300000 ]; do i=$((i + 1)); done';

test.each(MEANS)('CPU time of children that have ended counts: %s', async (means) => {
	const harness = await openHarness({ means });
	const idle = await harness.run('true');
	const busy = await harness.run(`sh -c '${BURN}' & sh -c '${BURN}' & wait`);
	await Promise.all([idle.ended, busy.ended]);
	const [less, more] = [idle.cost()?.cpuMs, busy.cost()?.cpuMs];
	expect(less).toBeTypeOf('number');
	expect(more).toBeGreaterThan((less ?? 0) + 50);
});

test.each(MEANS)(
	'CPU time of whom nobody waited for counts where the group tells: %s',
	async (means) => {
		const harness = await openHarness({ means });
		if (!usesControlGroups(harness.containment)) return;
		const idle = await harness.run('true');
		await idle.ended;
		const run = await harness.run(
			`(setsid sh -c '${BURN}; echo done >done' &); until [ -s done ]; do sleep 0.05; done`,
			{ cwd: harness.home },
		);
		await run.ended;
		expect(run.cost()?.cpuMs).toBeGreaterThan((idle.cost()?.cpuMs ?? 0) + 50);
	},
);

test.each(MEANS)('who is left at the end is named where the group tells: %s', async (means) => {
	const harness = await openHarness({ means });
	const tidy = await harness.run('sleep 0');
	const untidy = await harness.run('sleep 60 & setsid sleep 61 & sleep 0.2; exit 3');
	expect(await untidy.ended).toMatchObject({ kind: 'exit', exitCode: 3 });
	await tidy.ended;
	expect(tidy.left()).toEqual([]);
	const named = expect.stringMatching(/^sleep \(pid \d+\)$/);
	expect(untidy.left()).toEqual(usesControlGroups(harness.containment) ? [named, named] : []);
});

test('what was written counts', async () => {
	const harness = await openHarness();
	const run = await harness.run(
		'dd if=/dev/zero of=file bs=65536 count=16 conv=fsync 2>/dev/null',
		{
			cwd: harness.home,
		},
	);
	await run.ended;
	expect(run.cost()?.writtenBytes).toBeGreaterThanOrEqual(1_000_000);
});
