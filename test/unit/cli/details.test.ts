import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderExplanation } from '../../../daemon/cli/render/explanation.ts';
import { renderHits } from '../../../daemon/cli/render/hits.ts';
import { renderJob } from '../../../daemon/cli/render/show.ts';
import { renderStatus } from '../../../daemon/cli/render/status.ts';
import { renderSummary } from '../../../daemon/cli/render/summary.ts';
import { cellWidth } from '../../../daemon/cli/render/text.ts';
import type { Hit } from '../../../shared/protocol/indexing.ts';
import type { SystemStatus } from '../../../shared/protocol/system.ts';
import { bare, ended, job, NOW, pipe, terminal } from './samples.ts';

const run = (number: number, exitCode: number) => ({
	run: number,
	attempt: number,
	startedAt: NOW - 20_000 * (3 - number),
	endedAt: NOW - 20_000 * (3 - number) + 5000,
	pid: 4000 + number,
	exitCode,
	signal: null,
	reason: 'exit' as const,
	cost: null,
});

describe('one job', () => {
	const details = {
		job: ended('failed', {
			command: { command: 'make', args: ['-j4', "it's all"], cwd: '/src', env: [], shell: false },
			exitCode: 2,
			attempt: 2,
			maxAttempts: 2,
			error: { code: 'EXIT', message: 'The command ended with exit code 2.' },
		}),
		runs: [run(1, 1), run(2, 2)],
		explanation: { runnable: false, reasons: [] },
		tail: ['cc main.c', 'error: no rule\u001b[2J'],
	};

	it('shows what it does, how it went and the end of its log', () => {
		const text = renderJob(details, NOW, terminal(80)).join('\n');
		expect(text).toContain('✗ failed  make all');
		expect(text).toContain('The command ended with exit code 2.');
		expect(text).toContain(`make -j4 'it'\\''s all'`);
		expect(text).toContain(details.job.id);
		expect(text).toMatch(/2\s+2\s+.*5\.0s\s+4002\s+exit code 2/);
		expect(text).toContain('error: no rule');
		expect(text).not.toContain('\u001b');
	});

	it('shows what it cost and what it usually takes, as far as that is known', () => {
		const cost = { cpuMs: 2400, peakMemoryBytes: 48_000_000, readBytes: 0, writtenBytes: null };
		const known = {
			...details,
			job: { ...details.job, cost },
			explanation: { ...details.explanation, usualMs: 40_000 },
		};
		const text = renderJob(known, NOW, terminal(80)).join('\n');
		expect(text).toContain('2.4s CPU, up to 48 MB');
		expect(text).not.toContain('read ');
		expect(text).toMatch(/usually +40s/);
		expect(renderJob(details, NOW, terminal(80)).join('\n')).not.toMatch(/cost|usually/);
	});

	it('says why it waits, with short ids', () => {
		const reason = `waiting for job ${details.job.id}, which works on the same subject`;
		const waiting = {
			...details,
			job: job(),
			runs: [],
			explanation: { runnable: false, reasons: [{ kind: 'subject', message: reason, since: NOW }] },
		};
		const text = renderJob(waiting, NOW, terminal(80)).join('\n');
		expect(text).toContain('waiting for job 1a2b3c4d, which works on the same subject');
	});

	it.each([40, 80, 200])('looks the same in colour at %d columns', (width) => {
		const progress = {
			current: 4,
			total: 10,
			unit: 'files',
			message: '\u001b[32mparsing\u001b[0m',
		};
		const painted = { ...details, job: { ...details.job, progress } };
		expect(bare(renderJob(painted, NOW, terminal(width, true)))).toEqual(
			renderJob(painted, NOW, terminal(width)),
		);
	});
});

describe('an explanation', () => {
	it('is sentences', () => {
		const explanation = {
			runnable: false,
			reasons: [
				{
					kind: 'time',
					message: 'waiting for its start time',
					since: NOW - 90_000,
					until: NOW + 300_000,
				},
			],
			position: 2,
		};
		expect(renderExplanation(explanation, NOW, terminal(80))).toEqual([
			'Waiting for its start time.',
			'  for 1m 30s, goes on in 5m',
			'2 jobs of its queue are ahead of it.',
			'Start it anyway with semantica now.',
		]);
	});
});

describe('the summary', () => {
	const index = {
		workspace: 'file:///src',
		files: 2000,
		bytes: 48_000_000,
		skipped: { binary: 1200, 'too-large': 3, none: 0 },
		pending: 0,
		walkedAt: NOW,
		databaseBytes: 1,
		problem: null,
	};
	const indexed = (changed: number, removed = 0) =>
		ended('succeeded', { title: 'Index main', result: { changed, removed } });

	it('tells files, size, speed and what was skipped why', () => {
		expect(renderSummary(indexed(2000), index, terminal(100))).toEqual([
			'✓ succeeded  Index main · 20s · 1a2b3c4d',
			'  2,000 files · 48 MB · 100 files/s',
			'  skipped 1,203 files: 1,200 binary, 3 too large',
		]);
	});

	it('tells what was left out by default', () => {
		const result = { changed: 0, removed: 0, leftOut: { node_modules: 2, '.env': 1 } };
		expect(renderSummary({ ...indexed(0), result }, { ...index, skipped: {} }, pipe)[2]).toBe(
			'  left out by default: node_modules (2 times), .env; --no-default-excludes lets it in',
		);
	});

	it.each([
		[indexed(0), '  2,000 files · 48 MB · nothing changed'],
		[indexed(40, 7), '  2,000 files · 48 MB · 40 changed · 7 removed · 2 files/s'],
		[indexed(0, 1), '  2,000 files · 48 MB · 0 changed · 1 removed'],
	])('tells what changed: %#', (one, line) => {
		expect(renderSummary(one, { ...index, skipped: {} }, terminal(100))[1]).toBe(line);
	});

	it('keeps the id whole in a narrow window', () => {
		const [line = ''] = renderSummary(
			ended('failed', { title: 'x'.repeat(99) }),
			undefined,
			terminal(40, true),
		);
		expect(cellWidth(line)).toBe(40);
		expect(line).toContain('1a2b3c4d');
	});

	it('tells why a job failed', () => {
		const failed = ended('failed', { exitCode: 2, stopReason: 'exit' });
		expect(renderSummary(failed, undefined, pipe)).toEqual([
			`failed  make all · 20s · ${failed.id}`,
			'  exit code 2',
		]);
	});
});

describe('search hits', () => {
	const hit = (path: string, line: number, snippet: string, folder = '/src/app'): Hit => ({
		workspace: pathToFileURL(folder).href,
		path,
		line,
		column: 3,
		snippet,
		score: 1,
	});
	const hits = [
		hit('net/socket.ts', 40, 'socket.open()'),
		hit('main.ts', 2, 'openSocket(\u001b[2J)'),
		hit('net/socket.ts', 7, 'class Socket'),
		hit('other.c', 1, 'int socket;', '/src/lib'),
	];

	it('are grouped by file, in the order of the best hit, lines ascending', () => {
		expect(renderHits(hits, 'socket', '/src/app', terminal(80))).toEqual([
			'net/socket.ts',
			'7:3: class Socket',
			'40:3: socket.open()',
			'',
			'main.ts',
			'2:3: openSocket()',
			'',
			'/src/lib/other.c',
			'1:3: int socket;',
		]);
	});

	it('mark the words that were looked for', () => {
		const [, line] = renderHits(
			[hit('a.ts', 1, 'openSocket')],
			'SOCKET .*',
			'/src/app',
			terminal(80, true),
		);
		expect(line).toContain('open\u001b[1m\u001b[31mSocket\u001b[39m\u001b[22m');
	});

	it('are path:line:column:text on a pipe, best first', () => {
		expect(renderHits(hits, 'socket', '/src/app/net', pipe)[0]).toBe(
			'socket.ts:40:3:socket.open()',
		);
		expect(renderHits([hit('a\nb.ts', 1, 'socket')], 'socket', '/src/app', pipe)).toEqual([
			'"a\\nb.ts":1:3:socket',
		]);
		expect(renderHits(hits, 'socket', '/elsewhere', pipe)[1]).toBe(
			'/src/app/main.ts:2:3:openSocket()',
		);
	});
});

describe('the status', () => {
	const system: SystemStatus = {
		instance: 'i',
		pid: 4242,
		version: '0.1.0',
		buildId: '0.1.0-aaa',
		builtAt: 1,
		startedAt: NOW - 125_000,
		home: '/home/me/.semantica',
		endpoint: '/run/s.sock',
		node: '24.0.0',
		platform: 'linux',
		draining: null,
		drainMode: null,
		clients: 1,
		counts: {
			queued: 3,
			running: 1,
			paused: 0,
			succeeded: 1200,
			failed: 0,
			cancelled: 0,
			superseded: 0,
			expired: 0,
		},
		queues: [
			{
				name: 'index',
				concurrency: 2,
				paused: true,
				rate: null,
				limits: null,
				queued: 3,
				running: 1,
			},
		],
		memory: { rssBytes: 60_000_000, heapUsedBytes: 1 },
		storage: { databaseBytes: 1_000_000, walBytes: 200_000, payloadBytes: 3_000_000 },
		recovery: { interrupted: 0, requeued: 0, resolved: 0, killed: 0 },
		warnings: ['The disk is nearly full.'],
	};
	const build = { version: '0.1.0', buildId: '0.1.0-bbb', builtAt: 2 };
	const data = { system, indexes: [], costliest: [], build };

	it('tells daemon, counts, queues and what a person should know', () => {
		const text = renderStatus(data, NOW, terminal(120)).join('\n');
		expect(text).toContain('Semantica 0.1.0  running · pid 4242 · for 2m 5s · 60 MB of memory');
		expect(text).toContain('○ 3 queued   ● 1 running   ✓ 1,200 succeeded');
		expect(text).toMatch(/index\s+1\/2\s+3\s+paused/);
		expect(text).toContain('semantica daemon restart');
		expect(text).toContain('The disk is nearly full.');
		expect(text).toContain('No folder is indexed yet.');
	});

	it.each([
		[
			{ version: '0.0.9' },
			'This command line is 0.1.0, the daemon 0.0.9. The newer one takes over',
		],
		[{ version: '0.2.0' }, 'the daemon 0.2.0, which is newer. Update this command line.'],
		[{}, 'This command line is 0.1.0-bbb, the daemon 0.1.0-aaa. The newer one takes over'],
	])('tells the daemon’s version beside its own, %j', (other, what) => {
		const text = renderStatus({ ...data, system: { ...system, ...other } }, NOW, terminal(200));
		expect(text.join('\n')).toContain(what);
		const same = { ...data, build: { ...build, buildId: system.buildId } };
		expect(renderStatus(same, NOW, terminal(200)).join('\n')).not.toContain('This command line');
	});

	it('says what caps take of the memory, once there is one', () => {
		const room = { allowedMB: 4096, takenMB: 3277, capped: 2, uncapped: 1 };
		const withRoom = (of: typeof room) =>
			renderStatus({ ...data, system: { ...system, room: of } }, NOW, terminal(200)).join('\n');
		expect(withRoom(room)).toContain(
			'Room  3.2 of 4.0 GB of memory taken by the caps of 2 runs, 1 run without a cap',
		);
		expect(withRoom({ ...room, capped: 0, takenMB: 0 })).not.toContain('Room');
	});

	it.each([
		['handover', 'An update takes over once what runs has ended; what is enqueued meanwhile waits'],
		['finish', 'It takes no new jobs: An update takes over.'],
	] as const)('tells how it leaves, %s', (drainMode, what) => {
		const leaving = { ...system, draining: 'An update takes over', drainMode };
		const text = renderStatus({ ...data, system: leaving }, NOW, terminal(200)).join('\n');
		expect(text).toContain(what);
	});

	it.each([
		[{ requeued: 1 }, '1 running job queued again.'],
		[{ interrupted: 2, killed: 1 }, '2 jobs interrupted, 1 left-over process ended.'],
	])('tells what a crash left, %j', (recovery, what) => {
		const crashed = { ...system, recovery: { ...system.recovery, ...recovery } };
		const text = renderStatus({ ...data, system: crashed }, NOW, terminal(120)).join('\n');
		expect(text).toContain(`▲ The daemon before ended unexpectedly: ${what}`);
		expect(renderStatus(data, NOW, terminal(120)).join('\n')).not.toContain('unexpectedly');
	});

	it.each([40, 80])('fits %d columns', (width) => {
		const index = {
			workspace: pathToFileURL('/home/me/src/a-project-with-a-long-name').href,
			files: 12_345,
			bytes: 9e7,
			skipped: { binary: 3 },
			pending: 0,
			walkedAt: NOW - 60_000,
			databaseBytes: 9e6,
			problem: 'The index is damaged. Index the folder again.',
		};
		const lines = renderStatus({ ...data, indexes: [index] }, NOW, terminal(width, true));
		for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(width);
	});
});
