/**
 * Real daemons that share a queue, each in a network namespace of its own, while links are cut and parts die at
 * random: work that may be run again never runs twice at once, other work never begins twice, and nothing is lost.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeAuthority } from '../../support/fleet/certificates.ts';
import { makeNetwork } from '../../support/fleet/network.ts';
import { type FleetServers, startFleetServers } from '../../support/fleet/servers.ts';
import { LOG } from '../../support/fleet/world.ts';
import { createRandom } from '../../support/random.ts';
import { createMachine, type Machine } from './machine.ts';
import { judge, makeWork, type Verdict, type Work } from './work.ts';

export interface FleetChaosOptions {
	readonly dist: string;
	readonly folder: string;
	readonly seed: number;
	/** Links to be cut; with each comes about one other misfortune. */
	readonly cuts: number;
	readonly progress: (sentence: string) => void;
}

export interface FleetChaosReport {
	readonly events: Readonly<Record<string, number>>;
	readonly jobs: number;
	readonly runs: number;
	readonly again: number;
	/** Times a machine was taken a job that waits again, and one that is lost. */
	readonly movedOn: number;
	readonly lost: number;
	/** Of the lost, whose outcome was accepted after all. */
	readonly foundAgain: number;
	readonly succeeded: number;
	readonly violations: readonly string[];
}

const LEASE_MS = 6000;
/** A daemon that hangs may notice by so much too late that its lease is over. */
const HANG_MS = LEASE_MS / 12;
const OPEN_JOBS = 8;
const HOUR_MS = 3_600_000;
/** Everybody's clock says something else. */
const SKEW_MS = { laptop: 0, box: HOUR_MS, cubi: -HOUR_MS, dino: 0 };
const RUNNERS = ['box', 'cubi', 'dino'] as const;
const ALL = ['laptop', ...RUNNERS] as const;

export async function runFleetChaos(options: FleetChaosOptions): Promise<FleetChaosReport> {
	const { folder, cuts, progress } = options;
	const random = createRandom(options.seed);
	const evidence = join(folder, 'evidence');
	for (const name of ['ca', 'evidence']) mkdirSync(join(folder, name), { recursive: true });
	const network = makeNetwork(ALL);
	const authority = makeAuthority(join(folder, 'ca'));
	const names = ALL.map((name) => `IP:${network.links[name].gateway}`).join(',');
	const certificate = authority.issue('bouncer', { names });
	let servers: FleetServers | undefined;
	const machines: Machine[] = [];
	try {
		servers = await startFleetServers({ certificate });
		await servers.logins(...ALL);
		await servers.owner.run(`UPDATE fleet.config SET lease = '${LEASE_MS} milliseconds'`);
		await servers.owner.run(LOG);
		const keys = new Map<string, string>();
		for (const name of ALL) {
			const { gateway, node } = network.links[name];
			const home = join(folder, name);
			const machine = createMachine({
				name,
				dist: options.dist,
				home,
				node: node(folder, SKEW_MS[name]),
			});
			machines.push(machine);
			await machine.start();
			const address = `postgres://${name}@${gateway}:${servers.bouncer.port}/postgres`;
			const { key } = await machine.ask('fleet/join', { address, name, ca: authority.ca });
			keys.set(name, key);
		}
		const [laptop, ...runners] = machines as [Machine, ...Machine[]];
		for (const runner of runners) {
			const rule = { commands: true, atMost: 4, pools: ['all'] };
			await runner.ask('fleet/accept', { key: keys.get('laptop') ?? '', ...rule });
			await laptop.ask('fleet/accept', { key: keys.get(runner.name) ?? '' });
		}
		await fromTheFuture(servers);
		// Names mean what they meant first, also while nothing can be reached.
		await laptop.ask('fleet/status', {});

		const work: Work[] = [];
		const ids: string[] = [];
		let isOver = false;
		const [events] = await Promise.all([
			misfortunes().finally(() => {
				isOver = true;
			}),
			submitAll(),
		]);
		const verdicts = await untilAllEnded(servers, ids, progress);
		const found = judge(evidence, work, verdicts);
		for (const [n, id] of ids.entries()) {
			// A change is heard of with the next look.
			if (!(await isKnownAsEnded(laptop, id))) found.violations.push(`laptop never heard of ${n}.`);
		}
		const [future] = await servers.owner.run(
			"SELECT state, fence FROM fleet.job WHERE title = 'from the future'",
		);
		if (future?.['state'] !== 0 || future['fence'] !== 0) {
			found.violations.push('A job with a need that nobody knows was taken.');
		}
		return {
			events,
			jobs: ids.length,
			...found,
			...(await moves(servers)),
			succeeded: verdicts.filter(({ state }) => state === 10).length,
		};

		async function submitAll(): Promise<void> {
			while (!isOver) {
				const [row] =
					(await servers?.owner
						.run(
							"SELECT count(*)::int AS open FROM fleet.job WHERE state < 10 AND title LIKE 'work %'",
						)
						// The database is down at times; then so is all that is known of it.
						.catch(() => [{ open: OPEN_JOBS }])) ?? [];
				for (let open = Number(row?.['open']); open < OPEN_JOBS; open++) {
					const one = makeWork(evidence, work.length, random, RUNNERS);
					work.push(one);
					const { jobs } = await laptop.ask('fleet/submit', { jobs: [one.submission] });
					ids.push(jobs[0]?.id ?? '');
				}
				await delay(200);
			}
		}

		async function misfortunes(): Promise<Record<string, number>> {
			const counts = { cut: 0, loss: 0, daemon: 0, hang: 0, pooler: 0, database: 0 };
			const busy = new Set<string>();
			const going = new Set<Promise<void>>();
			const failed: unknown[] = [];
			const later = (name: string, what: () => Promise<void>) => {
				busy.add(name);
				const one = what()
					.catch((error: unknown) => void failed.push(error))
					.finally(() => {
						busy.delete(name);
						going.delete(one);
					});
				going.add(one);
			};
			const happen: Record<string, (machine: Machine) => Promise<void>> = {
				async cut({ name }) {
					const link = network.links[name as (typeof ALL)[number]];
					link.cut();
					await delay(random.int(300, 2 * LEASE_MS));
					link.mend();
				},
				loss: ({ name }) => network.links[name as (typeof ALL)[number]].lose(random.int(500, 4000)),
				async daemon(machine) {
					await machine.kill();
					await delay(random.int(0, LEASE_MS));
					await machine.start();
				},
				hang: (machine) => machine.hang(random.int(50, HANG_MS)),
				async pooler() {
					await servers?.bouncer.kill();
					await delay(random.int(0, 1500));
					await servers?.bouncer.start();
				},
				async database() {
					await servers?.postgres.kill();
					await delay(random.int(0, 2000));
					await servers?.postgres.start();
				},
			};
			const others = ['loss', 'daemon', 'daemon', 'hang', 'hang', 'pooler', 'database'] as const;
			while (counts.cut < cuts && failed.length === 0) {
				const kind = random.chance(0.5) ? 'cut' : random.pick(others);
				const machine = random.pick(machines as [Machine, ...Machine[]]);
				const at = kind === 'pooler' || kind === 'database' ? 'servers' : machine.name;
				// Somebody is left to work.
				if (!busy.has(at) && busy.size < 3) {
					counts[kind]++;
					later(at, () => happen[kind]?.(machine) ?? Promise.resolve());
					if (kind === 'cut' && counts.cut % 10 === 0) {
						progress(`${counts.cut} links cut, ${ids.length} jobs submitted.`);
					}
				}
				await delay(random.int(100, 3000));
			}
			await Promise.all(going);
			if (failed.length > 0) throw failed[0];
			return counts;
		}
	} finally {
		for (const machine of machines) await machine.kill().catch(() => {});
		await servers?.stop();
		network.close();
	}
}

/** A queue that was brought up to date, with a job that asks for what no machine here has heard of. */
async function fromTheFuture({ owner }: FleetServers): Promise<void> {
	await owner.run('UPDATE fleet.config SET protocol = protocol + 1');
	await owner.run(
		`WITH made AS (INSERT INTO fleet.need (spec)
			SELECT jsonb_build_object('signer', translate(encode(key, 'base64'), E'\\n', ''), 'kind', 'command', 'pool', 'all',
				'antigravity', 9) FROM fleet.node WHERE name = 'laptop' RETURNING id)
		INSERT INTO fleet.job (id, need, state, title, expires, submitter_key, envelope, signature, changed)
			SELECT gen_random_uuid(), id, 0, 'from the future', now() + interval '1 day', '', '', decode(repeat('00', 64), 'hex'), 1
			FROM made`,
	);
}

async function untilAllEnded(
	{ owner }: FleetServers,
	ids: readonly string[],
	progress: (sentence: string) => void,
): Promise<Verdict[]> {
	const until = performance.now() + 240_000;
	for (;;) {
		const rows = await owner.run(
			'SELECT id, state, fence, reason FROM fleet.job WHERE id = ANY ($1::uuid[])',
			[ids],
		);
		const open = rows.filter((row) => Number(row['state']) < 10).length + ids.length - rows.length;
		if (open === 0 || performance.now() > until) {
			const byId = new Map(rows.map((row) => [row['id'], row as unknown as Verdict]));
			return ids.map((id) => byId.get(id) ?? { id, state: -1, fence: 0, reason: null });
		}
		progress(`Everything is well again; ${open} jobs are open.`);
		await delay(2000);
	}
}

async function isKnownAsEnded(laptop: Machine, id: string): Promise<boolean> {
	const until = performance.now() + 60_000;
	while (performance.now() < until) {
		if ((await laptop.ask('job/get', { id })).job.finishedAt !== null) return true;
		await delay(200);
	}
	return false;
}

async function moves({ owner }: FleetServers) {
	const rows = await owner.run(
		'SELECT was, became, count(*)::int AS n FROM public.moves GROUP BY 1, 2',
	);
	const count = (is: (was: number | null, became: number) => boolean) =>
		rows
			.filter((row) => is(row['was'] as number | null, Number(row['became'])))
			.reduce((sum, row) => sum + Number(row['n']), 0);
	return {
		movedOn: count((was, became) => (was === 1 || was === 2) && became === 0),
		lost: count((_, became) => became === 3),
		foundAgain: count((was, became) => was === 3 && (became === 2 || became >= 10)),
	};
}

export function describe(report: FleetChaosReport): string {
	const events = Object.entries(report.events).map(([what, n]) => `${n} ${what}`);
	return `${events.join(', ')}; ${report.jobs} jobs, ${report.runs} runs, ${report.succeeded} succeeded, ${report.again} ran again, ${report.movedOn} waited again, ${report.lost} lost, ${report.foundAgain} of these found again`;
}
