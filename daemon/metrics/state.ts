/** How things stand at the moment of a scrape: queues, storage, the daemon itself and its machine. */
import { readdirSync } from 'node:fs';
import { JOB_STATES } from '../../shared/jobTerms.ts';
import type { IndexNumbers } from './indexes.ts';
import { type Labels, OTHER } from './labels.ts';
import { ownCpu, residentBytes, sizeOf } from './measure.ts';
import type { NowSources } from './now.ts';
import type { Registry } from './registry.ts';

export interface StateSources extends NowSources {
	readonly labels: Labels;
	readonly draining: () => boolean;
	/** Measured when the scrape began, seconds. */
	readonly lag: () => number;
	/** Counted then; undefined where they could not be. */
	readonly left: () => number | undefined;
}

export function registerState(registry: Registry, sources: StateSources): void {
	registerDaemon(registry, sources);
	registerQueues(registry, sources);
	registerStorage(registry, sources);
	registerSafety(registry, sources);
}

function registerDaemon(registry: Registry, sources: StateSources): void {
	const { state } = sources;
	const one = (name: string, help: string, read: () => number | undefined) =>
		registry.gauge(name, help, [], (add) => {
			const value = read();
			if (value !== undefined) add(value);
		});
	one('semantica_up', '1 while a daemon answers.', () => 1);
	registry.gauge(
		'semantica_build_info',
		'Always 1; what runs is in the labels.',
		['version', 'build', 'node', 'platform'],
		(add) =>
			add(
				1,
				state.version,
				state.buildId,
				process.versions.node,
				`${process.platform}-${process.arch}`,
			),
	);
	one(
		'semantica_process_start_time_seconds',
		'When the daemon started, in seconds of the epoch.',
		() => state.startedAt / 1000,
	);
	registry.counted(
		'semantica_process_cpu_seconds_total',
		'Processor time that the daemon itself took, without its jobs.',
		[],
		(add) => {
			add(ownCpu() / 1e6);
		},
	);
	one(
		'semantica_process_resident_memory_bytes',
		'Memory of the daemon itself, without its jobs.',
		residentBytes,
	);
	one('semantica_process_open_fds', 'Files that the daemon has open.', openFiles);
	one(
		'semantica_event_loop_lag_seconds',
		'How late the daemon came to its next turn, measured at this scrape.',
		sources.lag,
	);
	one('semantica_clients', 'Clients that are connected; a scrape is none.', sources.clients);
	one('semantica_draining', '1 while the daemon was asked to leave.', () =>
		Number(sources.draining()),
	);
	const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value));
	one('semantica_on_mains', '1 on mains, 0 on battery; only while a job depends on it.', () =>
		flag(sources.machine().onMains),
	);
	one('semantica_battery_ratio', 'Charge of the battery; only while a job depends on it.', () => {
		return sources.machine().battery;
	});
	one(
		'semantica_machine_idle',
		'1 while nobody uses the machine; only while a job depends on it.',
		() => flag(sources.machine().idle),
	);
}

function registerQueues(registry: Registry, sources: StateSources): void {
	const { figures, labels, now } = sources;
	/** Those with a name of their own, as of this scrape: the first metric looks through all. */
	let named: string[] = [];
	registry.gauge('semantica_jobs', 'Jobs that are kept, by state.', ['queue', 'state'], (add) => {
		named = [];
		const others: number[] = [];
		for (const name of figures.queues()) {
			const counts = figures.states(name);
			if (labels.queue(name) !== OTHER) {
				named.push(name);
				for (const [code, state] of JOB_STATES.entries()) add(counts[code] ?? 0, name, state);
				continue;
			}
			for (let code = 0; code < counts.length; code++) {
				others[code] = (others[code] ?? 0) + (counts[code] ?? 0);
			}
		}
		for (const [code, count] of others.entries()) add(count, OTHER, JOB_STATES[code] ?? 'unknown');
	});
	registry.gauge(
		'semantica_jobs_waiting',
		'Queued jobs, by what they wait for.',
		['queue', 'reason'],
		(add) => {
			for (const name of named) add(0, name, 'slot');
			const others = new Map<string, number>();
			figures.waiting((name, reason, count) => {
				const queue = labels.queue(name);
				if (queue !== OTHER) add(count, queue, reason);
				else others.set(reason, (others.get(reason) ?? 0) + count);
			});
			for (const [reason, count] of others) add(count, OTHER, reason);
		},
	);
	const ofNamed = (name: string, help: string, read: (queue: string) => number | undefined) =>
		registry.gauge(name, help, ['queue'], (add) => {
			// Of all others together it would mean nothing.
			for (const queue of named) {
				const value = read(queue);
				if (value !== undefined) add(value, queue);
			}
		});
	ofNamed(
		'semantica_queue_oldest_ready_seconds',
		'For how long the first job of the queue has waited that only a slot keeps from starting; 0 without one.',
		(queue) => {
			const at = figures.oldestReady(queue);
			return at === undefined ? 0 : Math.max(0, now() - at) / 1000;
		},
	);
	registry.gauge(
		'semantica_queue_longest_run_seconds',
		'How long the longest run of the queue has gone on.',
		['queue'],
		(add) => {
			const longest = new Map<string, number>();
			for (const { queue, at } of figures.runs()) {
				const label = labels.queue(queue);
				longest.set(label, Math.max(longest.get(label) ?? 0, now() - at));
			}
			for (const [queue, ms] of longest) add(ms / 1000, queue);
		},
	);
	ofNamed('semantica_queue_limit', 'How many jobs of the queue may run at once.', (queue) => {
		return figures.limit(queue).concurrency;
	});
	ofNamed('semantica_queue_paused', '1 while the queue is paused, or everything is.', (queue) => {
		return Number(figures.limit(queue).paused || figures.limit('*').paused);
	});
}

function registerStorage(registry: Registry, sources: StateSources): void {
	const { databaseFile, payloads, figures } = sources;
	const bytes = (name: string, help: string, read: () => number) =>
		registry.gauge(name, help, [], (add) => add(read()));
	bytes('semantica_database_bytes', 'Size of jobs.db.', () => sizeOf(databaseFile));
	bytes('semantica_database_wal_bytes', 'Size of the write-ahead log of jobs.db.', () =>
		sizeOf(`${databaseFile}-wal`),
	);
	bytes('semantica_payload_bytes', 'What payload files take.', payloads.storedBytes);
	bytes('semantica_payload_quota_bytes', 'What payload files may take.', payloads.quotaBytes);
	bytes('semantica_log_bytes', 'What logs of jobs that are kept take.', () => {
		return figures.logBytes() + sources.liveLogBytes();
	});
	const ofIndexes = (name: string, help: string, read: (numbers: IndexNumbers) => number) =>
		registry.gauge(name, help, [], (add) => {
			const numbers = sources.indexes();
			if (numbers !== undefined) add(read(numbers));
		});
	ofIndexes('semantica_index_bytes', 'Size of all indexes.', (numbers) => numbers.bytes);
	ofIndexes('semantica_index_files', 'Files that the indexes hold.', (numbers) => numbers.files);
	ofIndexes('semantica_index_pending_files', 'Files that are still to be indexed.', (numbers) => {
		return numbers.pending;
	});
}

function registerSafety(registry: Registry, { figures, left }: StateSources): void {
	const lasting = (name: string, help: string, key: string) =>
		registry.counted(name, help, [], (add) => add(figures.lasting().get(key) ?? 0));
	lasting(
		'semantica_orphan_processes_found_total',
		'Processes of jobs that had outlived their daemon, found at its next start.',
		'orphans_found',
	);
	lasting(
		'semantica_orphan_processes_killed_total',
		'Of these, the ones that were ended.',
		'orphans_killed',
	);
	registry.gauge(
		'semantica_orphan_processes_last_found_timestamp_seconds',
		'When any were found last, in seconds of the epoch; 0 is never.',
		[],
		(add) => add((figures.lasting().get('orphans_last_found') ?? 0) / 1000),
	);
	registry.gauge(
		'semantica_left_processes',
		'Processes that live on with leave, after the jobs that began them: no orphans.',
		[],
		(add) => {
			const count = left();
			if (count !== undefined) add(count);
		},
	);
	registry.counted(
		'semantica_recovered_jobs_total',
		'Jobs that had been running when a daemon ended, and what became of them.',
		['outcome'],
		(add) => {
			const counts = figures.lasting();
			for (const outcome of ['interrupted', 'requeued', 'resolved']) {
				add(counts.get(`recovered_${outcome}`) ?? 0, outcome);
			}
		},
	);
	lasting(
		'semantica_poison_jobs_total',
		'Jobs that failed because the daemon died too often while they ran.',
		'poison',
	);
}

function openFiles(): number | undefined {
	if (process.platform !== 'linux') return undefined;
	try {
		// Without the one that reads the folder.
		return readdirSync('/proc/self/fd').length - 1;
	} catch {
		return undefined;
	}
}
