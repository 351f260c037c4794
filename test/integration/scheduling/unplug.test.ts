/** The whole way from the kernel's files to a stopped process, on power supplies of our own making. */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
	enqueue,
	jobEnd,
	jobWhen,
	readWholeLog,
	shell,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { UNSHARE } from '../../support/mounts.ts';
import { type PowerTree, writePowerTree } from '../../support/power.ts';

const PLUGGED_IN: PowerTree = {
	ADP1: { type: 'Mains', online: '1' },
	BAT0: { type: 'Battery', present: '1', status: 'Charging', capacity: '43' },
};
const UNPLUGGED: PowerTree = {
	ADP1: { type: 'Mains', online: '0' },
	BAT0: { type: 'Battery', present: '1', status: 'Discharging', capacity: '43' },
};

/** A Node that sees power supplies of its own, empty at first. */
function nodeWithPowerSupplies(): string {
	const program = join(temporaryFolder(), 'node');
	const inside = 'mount -t tmpfs none /sys/class/power_supply && exec "$0" "$@"';
	const line = `exec unshare ${(UNSHARE ?? []).join(' ')} sh -c '${inside}' '${process.execPath}' "$@"`;
	writeFileSync(program, `#!/bin/sh\n${line}\n`);
	chmodSync(program, 0o755);
	return program;
}

/** CPU time that the processes of a run have used, ms: they share the session of its supervisor. */
function cpuOf(session: number): number {
	let ticks = 0;
	for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
		let stat = '';
		try {
			stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		} catch {
			continue;
		}
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		if (Number(fields[3]) === session) ticks += Number(fields[11]) + Number(fields[12]);
	}
	return ticks * 10;
}

async function cpuIn(ms: number, session: number): Promise<number> {
	const before = cpuOf(session);
	await delay(ms);
	return cpuOf(session) - before;
}

async function start() {
	const daemon = await startDaemon({
		execPath: nodeWithPowerSupplies(),
		config: { powerPollMs: 1000, acStableMs: 3000 },
	});
	const connection = await daemon.connect();
	return { daemon, connection, supplies: suppliesOf(daemon) };
}

function suppliesOf(daemon: TestDaemon) {
	const root = `/proc/${daemon.state.pid}/root/sys/class/power_supply`;
	return {
		set: (tree: PowerTree) => writePowerTree(root, tree),
		remove: (name: string) => rmSync(join(root, name), { recursive: true }),
	};
}

const BURN = 'i=0; while :; do i=$((i+1)); done';
const AC = { constraints: { power: 'ac' } } as const;

describe.skipIf(UNSHARE === undefined)('power supplies that change', () => {
	it('start, pause and resume a job for real', async () => {
		const { daemon, connection, supplies } = await start();
		supplies.set(UNPLUGGED);
		const trace: string[] = [];
		const began = Date.now();
		const note = (what: string) =>
			trace.push(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${what}`);
		const [id = ''] = await enqueue(connection, shell(BURN, { ...AC, onConstraintLost: 'pause' }));
		const explain = () => connection.request('job/explain', { id });

		// It is read within milliseconds; asking until then is all there is to wait for.
		let waiting = await explain();
		while (waiting.reasons[0]?.message.includes('reading')) waiting = await explain();
		note(`on battery: ${waiting.reasons[0]?.message}`);
		expect(waiting).toMatchObject({
			runnable: false,
			reasons: [{ kind: 'power', message: 'waiting for AC power: on battery, 43 %' }],
			position: 0,
		});

		supplies.set(PLUGGED_IN);
		note('plugged in');
		await jobWhen(daemon, id, (job) => job.state === 'running');
		const { runs } = await connection.request('job/get', { id });
		let pid = runs[0]?.pid ?? null;
		while (pid === null) pid = (await connection.request('job/get', { id })).runs[0]?.pid ?? null;
		const before = await cpuIn(1000, pid);
		note(`running: ${before} ms of CPU in 1 s`);
		expect(before).toBeGreaterThan(100);

		supplies.set(UNPLUGGED);
		note('unplugged');
		await jobWhen(daemon, id, (job) => job.state === 'paused');
		const during = await cpuIn(2000, pid);
		note(`paused: ${during} ms of CPU in 2 s; ${(await explain()).reasons[0]?.message}`);
		expect(during).toBe(0);
		expect(await explain()).toMatchObject({
			reasons: [
				{ kind: 'yielded', message: 'paused by itself: AC power was lost, on battery, 43 %' },
				{ kind: 'power', message: 'waiting for AC power: on battery, 43 %' },
			],
		});

		supplies.remove('BAT0');
		note('battery taken out');
		await jobWhen(daemon, id, (job) => job.state === 'running');
		const after = await cpuIn(1000, pid);
		note(`running: ${after} ms of CPU in 1 s`);
		expect(after).toBeGreaterThan(100);

		supplies.set(UNPLUGGED);
		note('battery put in, unplugged');
		await jobWhen(daemon, id, (job) => job.state === 'paused');
		supplies.set(PLUGGED_IN);
		note('paused; plugged in');
		const job = await jobWhen(daemon, id, (now) => now.state === 'running');
		note('running');
		expect(job).toMatchObject({ run: 1, attempt: 1, held: false });
		console.log(trace.join('\n'));

		await connection.request('job/cancel', { ids: [id] });
		await jobEnd(daemon, id);
		const log = await readWholeLog(connection, id);
		expect(log.match(/paused: AC power was lost, on battery, 43 %/g)).toHaveLength(2);
		expect(log.match(/goes on: its constraints hold again/g)).toHaveLength(2);
	});

	it('send a restartable job back to the queue, uncharged', async () => {
		const { daemon, connection, supplies } = await start();
		supplies.set(PLUGGED_IN);
		const [id = ''] = await enqueue(
			connection,
			shell(BURN, { ...AC, onConstraintLost: 'requeue', restartable: true }),
		);
		await jobWhen(daemon, id, (job) => job.state === 'running');
		supplies.set(UNPLUGGED);
		const waiting = await jobWhen(daemon, id, (job) => job.state === 'queued');
		expect(waiting).toMatchObject({ attempt: 0, run: 1 });
		const { runs } = await connection.request('job/get', { id });
		expect(runs).toMatchObject([{ reason: 'interrupted' }]);
		await connection.request('job/runNow', { ids: [id] });
		expect(await jobWhen(daemon, id, (job) => job.state === 'running')).toMatchObject({ run: 2 });
		await connection.request('job/cancel', { ids: [id] });
		await jobEnd(daemon, id);
		expect(await readWholeLog(connection, id)).toContain('stopped: AC power was lost');
	});

	it('let a job go on that was started by hand on battery', async () => {
		const { daemon, connection, supplies } = await start();
		supplies.set(UNPLUGGED);
		const constraints = { power: 'ac', minBattery: 50 } as const;
		const [id = ''] = await enqueue(connection, shell('sleep 8', { constraints }));
		await connection.request('job/runNow', { ids: [id] });
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', run: 1 });
	});
});
