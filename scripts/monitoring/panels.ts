/** What the dashboard shows, row by row; dashboard.ts makes panels of it. */

export interface Query {
	readonly expr: string;
	readonly legend: string;
}

export interface PanelSpec {
	readonly title: string;
	readonly description: string;
	/** Of Grafana. */
	readonly unit: string;
	readonly kind: 'graph' | 'stacked' | 'stat' | 'heatmap';
	/** Of 24 columns. */
	readonly width: number;
	readonly queries: readonly Query[];
}

export interface RowSpec {
	readonly title: string;
	readonly panels: readonly PanelSpec[];
}

/** Which daemons are looked at; further matchers before it. */
const WHERE = 'job=~"$job", instance=~"$instance"';
const OF_QUEUE = `${WHERE}, queue=~"$queue"`;

const q = (expr: string, legend: string): Query => ({ expr, legend });
const now = (metric: string, by = '', more = '') =>
	`sum${by && ` by (${by})`} (${metric}{${OF_QUEUE}${more}})`;
const rate = (metric: string, by = '', more = '') =>
	`sum${by && ` by (${by})`} (rate(${metric}{${OF_QUEUE}${more}}[$__rate_interval]))`;
const rateOfDaemon = (metric: string, by = '') =>
	`sum${by && ` by (${by})`} (rate(${metric}{${WHERE}}[$__rate_interval]))`;
const increase = (metric: string, by = '') =>
	`sum${by && ` by (${by})`} (increase(${metric}{${WHERE}}[$__rate_interval]))`;
const plain = (metric: string) => `${metric}{${WHERE}}`;
const quantile = (share: number, metric: string, by: string, where = OF_QUEUE) =>
	`histogram_quantile(${share}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket{${where}}[$__rate_interval])))`;

function stat(title: string, description: string, unit: string, expr: string): PanelSpec {
	return { title, description, unit, kind: 'stat', width: 4, queries: [q(expr, '')] };
}

function graph(
	title: string,
	description: string,
	unit: string,
	width: number,
	...queries: Query[]
): PanelSpec {
	return { title, description, unit, kind: 'graph', width, queries };
}

const stacked = (...spec: Parameters<typeof graph>): PanelSpec => ({
	...graph(...spec),
	kind: 'stacked',
});

const heatmap = (...spec: Parameters<typeof graph>): PanelSpec => ({
	...graph(...spec),
	kind: 'heatmap',
});

function quantiles(title: string, description: string, metric: string): PanelSpec {
	return graph(
		title,
		description,
		's',
		12,
		q(quantile(0.5, metric, 'queue'), '{{queue}} p50'),
		q(quantile(0.95, metric, 'queue'), '{{queue}} p95'),
	);
}

export const ROWS: readonly RowSpec[] = [
	{
		title: 'Now',
		panels: [
			stat(
				'Running',
				'Jobs that run, those that only wait for their children too.',
				'short',
				now('semantica_jobs', '', ', state="running"'),
			),
			stat(
				'Waiting',
				'Jobs in the queue. Why they wait is told below.',
				'short',
				now('semantica_jobs', '', ', state="queued"'),
			),
			stat(
				'Paused',
				'Jobs that were started and stand still.',
				'short',
				now('semantica_jobs', '', ', state="paused"'),
			),
			stat(
				'Failed and kept',
				'Failed jobs that are still kept: semantica list --state failed',
				'short',
				now('semantica_jobs', '', ', state="failed"'),
			),
			stat(
				'Oldest ready job',
				'For how long the first job has waited that nothing but a slot keeps from starting.',
				's',
				`max(semantica_queue_oldest_ready_seconds{${OF_QUEUE}})`,
			),
			stat(
				'Daemons',
				'Daemons that answer. One that has nothing to do leaves: none is no fault.',
				'short',
				`sum(${plain('semantica_up')})`,
			),
		],
	},
	{
		title: 'Flow',
		panels: [
			graph(
				'Jobs in and out',
				'Jobs that are enqueued, runs that start and jobs that end, per second.',
				'ops',
				12,
				q(rate('semantica_jobs_enqueued_total'), 'enqueued'),
				q(rate('semantica_runs_started_total'), 'started'),
				q(rate('semantica_jobs_finished_total'), 'ended'),
			),
			stacked(
				'How jobs end',
				'Jobs that end, by their end state, per second.',
				'ops',
				12,
				q(rate('semantica_jobs_finished_total', 'state'), '{{state}}'),
			),
			stacked(
				'Why jobs fail',
				'Failed jobs by what ended them (exit code, signal, time limit, poison …), per second.',
				'ops',
				12,
				q(rate('semantica_jobs_finished_total', 'reason', ', state="failed"'), '{{reason}}'),
			),
			graph(
				'Retries',
				'Failed runs after which the job is tried again, per second.',
				'ops',
				12,
				q(rate('semantica_job_retries_total', 'queue'), '{{queue}}'),
			),
		],
	},
	{
		title: 'Why jobs wait',
		panels: [
			stacked(
				'Waiting jobs by reason',
				'slot: only the limit is in the way. paused, held: a person. power, idle, memory, disk, network, event: what the job asked for. subject, group: another job. delayed, backoff: time.',
				'short',
				16,
				q(now('semantica_jobs_waiting', 'reason'), '{{reason}}'),
			),
			stacked(
				'Waiting jobs by queue',
				'Jobs in the queue, whatever they wait for.',
				'short',
				8,
				q(now('semantica_jobs_waiting', 'queue'), '{{queue}}'),
			),
		],
	},
	{
		title: 'Time',
		panels: [
			quantiles(
				'Wait before the start',
				'From when a job was due to its start, by queue.',
				'semantica_job_wait_seconds',
			),
			quantiles('Length of runs', 'How long runs take, by queue.', 'semantica_job_run_seconds'),
			heatmap(
				'Waits',
				'How many runs waited how long before they started.',
				's',
				12,
				q(
					`sum by (le) (increase(semantica_job_wait_seconds_bucket{${OF_QUEUE}}[$__rate_interval]))`,
					'{{le}}',
				),
			),
			heatmap(
				'Runs',
				'How many runs took how long.',
				's',
				12,
				q(
					`sum by (le) (increase(semantica_job_run_seconds_bucket{${OF_QUEUE}}[$__rate_interval]))`,
					'{{le}}',
				),
			),
		],
	},
	{
		title: 'Queues',
		panels: [
			graph(
				'Running jobs against the limit',
				'A queue whose line touches its limit has no free slot: semantica queue says the limit.',
				'short',
				12,
				q(now('semantica_jobs', 'queue', ', state="running"'), '{{queue}}'),
				q(now('semantica_queue_limit', 'queue'), '{{queue}} limit'),
			),
			graph(
				'Oldest ready job by queue',
				'For how long the first ready job of each queue has waited.',
				's',
				12,
				q(`max by (queue) (semantica_queue_oldest_ready_seconds{${OF_QUEUE}})`, '{{queue}}'),
			),
			graph(
				'Longest run by queue',
				'How long the longest run of each queue has gone on.',
				's',
				12,
				q(`max by (queue) (semantica_queue_longest_run_seconds{${OF_QUEUE}})`, '{{queue}}'),
			),
			graph(
				'Paused queues',
				'1 while a queue is paused, or everything is.',
				'bool_yes_no',
				12,
				q(`max by (queue) (semantica_queue_paused{${OF_QUEUE}})`, '{{queue}}'),
			),
		],
	},
	{
		title: 'Storage',
		panels: [
			graph(
				'Database',
				'jobs.db and its write-ahead log. Beyond 1 GB and 250 MB an alert is given.',
				'bytes',
				8,
				q(plain('semantica_database_bytes'), 'database {{instance}}'),
				q(plain('semantica_database_wal_bytes'), 'write-ahead log {{instance}}'),
			),
			graph(
				'Payloads',
				'What payload files take, and what they may.',
				'bytes',
				8,
				q(plain('semantica_payload_bytes'), 'payloads {{instance}}'),
				q(plain('semantica_payload_quota_bytes'), 'quota {{instance}}'),
			),
			graph(
				'Logs and indexes',
				'What logs of jobs and search indexes take.',
				'bytes',
				8,
				q(plain('semantica_log_bytes'), 'logs {{instance}}'),
				q(plain('semantica_index_bytes'), 'indexes {{instance}}'),
			),
			graph(
				'Indexed files',
				'Files in the indexes, and those that are still to be indexed.',
				'short',
				24,
				q(plain('semantica_index_files'), 'indexed {{instance}}'),
				q(plain('semantica_index_pending_files'), 'pending {{instance}}'),
			),
		],
	},
	{
		title: 'Daemon',
		panels: [
			graph(
				'Processor',
				'Processors that the daemon itself takes, without its jobs.',
				'percentunit',
				8,
				q(rateOfDaemon('semantica_process_cpu_seconds_total', 'instance'), '{{instance}}'),
			),
			graph(
				'Memory',
				'Memory of the daemon itself, without its jobs.',
				'bytes',
				8,
				q(plain('semantica_process_resident_memory_bytes'), '{{instance}}'),
			),
			graph(
				'Open files and clients',
				'Files that the daemon has open, and clients that are connected.',
				'short',
				8,
				q(plain('semantica_process_open_fds'), 'open files {{instance}}'),
				q(plain('semantica_clients'), 'clients {{instance}}'),
			),
			graph(
				'Commits',
				'How long groups of changes take to be on the disk.',
				's',
				8,
				q(quantile(0.5, 'semantica_commit_seconds', '', WHERE), 'p50'),
				q(quantile(0.99, 'semantica_commit_seconds', '', WHERE), 'p99'),
			),
			graph(
				'Changes per commit',
				'How many jobs and other changes share one commit.',
				'short',
				8,
				q(quantile(0.5, 'semantica_commit_jobs', '', WHERE), 'p50'),
				q(quantile(0.99, 'semantica_commit_jobs', '', WHERE), 'p99'),
			),
			graph(
				'Event loop',
				'How late the daemon comes to its next turn, as measured at each scrape.',
				's',
				8,
				q(plain('semantica_event_loop_lag_seconds'), '{{instance}}'),
			),
			graph(
				'Requests',
				'Requests of clients per second.',
				'reqps',
				8,
				q(rateOfDaemon('semantica_request_seconds_count', 'method'), '{{method}}'),
			),
			graph(
				'Answers',
				'How long requests take to be answered (p95), by method; those that wait by their nature too.',
				's',
				8,
				q(quantile(0.95, 'semantica_request_seconds', 'method', WHERE), '{{method}}'),
			),
			graph(
				'Machine',
				'Mains, battery and idleness, while jobs depend on them; asked to leave.',
				'percentunit',
				8,
				q(plain('semantica_on_mains'), 'on mains {{instance}}'),
				q(plain('semantica_battery_ratio'), 'battery {{instance}}'),
				q(plain('semantica_machine_idle'), 'idle {{instance}}'),
				q(plain('semantica_draining'), 'leaving {{instance}}'),
			),
		],
	},
	{
		title: 'Safety',
		panels: [
			graph(
				'Orphans',
				'Processes of jobs that had outlived their daemon: found, and ended; and those that live on with leave.',
				'short',
				6,
				q(increase('semantica_orphan_processes_found_total'), 'found'),
				q(increase('semantica_orphan_processes_killed_total'), 'ended'),
				q(plain('semantica_left_processes'), 'with leave {{instance}}'),
			),
			graph(
				'Recovered jobs',
				'Jobs that had been running when a daemon ended, and what became of them.',
				'short',
				6,
				q(increase('semantica_recovered_jobs_total', 'outcome'), '{{outcome}}'),
			),
			graph(
				'Poison',
				'Jobs that were given up because the daemon died while they ran.',
				'short',
				6,
				q(increase('semantica_poison_jobs_total'), 'given up'),
			),
			graph(
				'Starts',
				'How often the daemon has started anew.',
				'short',
				6,
				q(
					`changes(semantica_process_start_time_seconds{${WHERE}}[$__rate_interval])`,
					'{{instance}}',
				),
			),
		],
	},
];
