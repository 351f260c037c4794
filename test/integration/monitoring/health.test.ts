/** What doctor says of the conditions that alerts are given for: each comes, in the words of its alert, and goes. */
import { truncateSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CONDITIONS, healthCheck } from '../../../daemon/metrics/health.ts';
import { countRecovery, countStart } from '../../../daemon/metrics/recovery.ts';
import { createTally } from '../../../daemon/metrics/tally.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { openQueue, task } from '../../support/queue.ts';

const MINUTE = 60_000;

function patient() {
	const queue = openQueue();
	const { clock, parts } = queue;
	const sizes = { stored: 0, quota: 100 };
	const commits: number[] = [];
	// Large without taking room.
	const databaseFile = `${temporaryFolder()}/jobs.db`;
	let quietSince = clock.now();
	const check = healthCheck({
		figures: parts.figures,
		ended: parts.ended,
		signs: {
			quietMs: () => clock.now() - quietSince,
			slowCommitMs: () => {
				const tally = createTally();
				for (const ms of commits) tally.committed(ms);
				return tally.signs.slowCommitMs();
			},
		},
		now: () => clock.now(),
		databaseFile,
		payloads: { storedBytes: () => sizes.stored, quotaBytes: () => sizes.quota },
	});
	return {
		...queue,
		sizes,
		commits,
		databaseFile,
		somethingStarts: () => {
			quietSince = clock.now();
		},
		async ends(exitCodes: readonly number[]) {
			for (const exitCode of exitCodes) {
				await queue.enqueue(task({ queue: 'build' }));
				const [id = ''] = await queue.claim();
				await queue.exit(id, exitCode);
			}
		},
		said: async () => (await check.run()).filter(({ ok }) => !ok).map(({ message }) => message),
		isWell: async () => (await check.run()).every(({ ok }) => ok),
	};
}
type Patient = ReturnType<typeof patient>;

interface Course {
	/** What comes near and is not it. */
	readonly near: (patient: Patient) => Promise<void> | void;
	readonly comes: (patient: Patient) => Promise<void> | void;
	readonly goes: (patient: Patient) => Promise<void> | void;
	/** After the sentence. */
	readonly more?: string;
}

function fileOf(suffix: string, limit: number): Course {
	const resize = ({ databaseFile }: Patient, bytes: number) => {
		writeFileSync(databaseFile + suffix, '');
		truncateSync(databaseFile + suffix, bytes);
	};
	return {
		near: (patient) => resize(patient, limit),
		comes: (patient) => resize(patient, limit + 1),
		goes: (patient) => resize(patient, 1000),
	};
}

const COURSES: Readonly<Record<keyof typeof CONDITIONS, Course>> = {
	OrphansFound: {
		async near({ parts, clock }) {
			const none = { killed: 0, interrupted: 2, requeued: 1, resolved: 1 };
			await countRecovery(parts, none, clock.now());
			// The clock was wrong then.
			await countRecovery(parts, { ...none, killed: 1 }, clock.now() + 90_000_000);
		},
		comes: ({ parts, clock }) =>
			countRecovery(parts, { killed: 2, interrupted: 0, requeued: 0, resolved: 0 }, clock.now()),
		goes: ({ clock }) => clock.advance(15 * MINUTE),
	},
	DatabaseLarge: fileOf('', 1e9),
	WalGrows: fileOf('-wal', 250e6),
	QueueStuck: {
		async near({ jobs, enqueue, clock, somethingStarts }) {
			await jobs.updateQueue({ name: 'stopped', paused: true });
			await enqueue(task({ queue: 'stopped' }), task({ queue: 'build' }));
			clock.advance(11 * MINUTE);
			somethingStarts();
		},
		comes: ({ clock }) => clock.advance(11 * MINUTE),
		goes: async ({ claim }) => void (await claim()),
		more: ' Queue: build.',
	},
	JobsFailing: {
		near: ({ ends }) => ends([1, 1, 1, 1]),
		comes: ({ ends }) => ends([0]),
		goes: ({ clock }) => clock.advance(31 * MINUTE),
		more: ' Queue: build.',
	},
	PoisonJob: {
		near: ({ ends }) => ends([137]),
		async comes({ enqueue, claim, jobs, dispatch }) {
			await enqueue(task({ restartable: true }));
			for (let i = 0; i < 3; i++) {
				const [id = ''] = await claim();
				const { run } = jobs.get(id).job;
				const outcome = { kind: 'interrupted', uncleanBoot: 'boot' } as const;
				await dispatch.finish({ id, run, outcome });
			}
		},
		goes: ({ clock }) => clock.advance(61 * MINUTE),
	},
	PayloadQuota: {
		near({ sizes }) {
			sizes.stored = 90;
		},
		comes({ sizes }) {
			sizes.stored = 91;
		},
		goes({ sizes }) {
			sizes.quota = 0;
		},
	},
	SlowCommit: {
		// One, at a start.
		near: ({ commits }) => void commits.push(2000),
		comes: ({ commits }) => void commits.push(...Array<number>(30).fill(5)),
		goes: ({ commits }) => void commits.push(...Array<number>(100).fill(5)),
	},
	Restarts: {
		async near(patient) {
			await starts(patient, 14 * MINUTE);
			for (let i = 0; i < 3; i++) await starts(patient, MINUTE);
		},
		comes: (patient) => starts(patient, MINUTE),
		goes: ({ clock }) => clock.advance(15 * MINUTE),
	},
};

async function starts({ clock, parts }: Patient, later: number): Promise<void> {
	await parts.writer.submit(() => countStart(parts.lasting, clock.now()));
	clock.advance(later);
}

it.each(Object.entries(COURSES))(
	'%s comes and goes',
	async (name, { near, comes, goes, more = '' }) => {
		const one = patient();
		expect(await one.isWell()).toBe(true);
		await near(one);
		expect(await one.said()).toEqual([]);
		await comes(one);
		expect(await one.said()).toEqual([CONDITIONS[name as keyof typeof CONDITIONS] + more]);
		await goes(one);
		expect(await one.said()).toEqual([]);
	},
);
