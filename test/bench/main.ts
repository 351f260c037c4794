/**
 * `npm run bench -- [--only NAME]… [--quick] [--json FILE] [--markdown FILE] [--plots FOLDER] [--compare FILE]`.
 * Needs `npm run build`. Exit 1 when a benchmark broke off, a row is void or, with --compare, something became worse.
 * docs/performance.md tells the method.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { claimAndComplete, claimDepth, claimQueues } from './cases/engine.ts';
import { bulkEnqueue, loneEnqueue, pipelinedEnqueue, supersedeStorm } from './cases/enqueue.ts';
import { largeParents } from './cases/families.ts';
import { sharedQueue } from './cases/fleet.ts';
import { idleCost, memory } from './cases/footprint.ts';
import { largeGraphs } from './cases/graph.ts';
import { claimBesideBlocked, claimGroups } from './cases/groups.ts';
import { containedSpawn, daemonReady, duringLoad, enqueueToStart } from './cases/latency.ts';
import { longestPauses } from './cases/pauses.ts';
import { megabytePayloads } from './cases/payloads.ts';
import { besideQueues, idleQueues } from './cases/queues.ts';
import { unchangedAgain } from './cases/unchanged.ts';
import { regressions } from './compare.ts';
import { type BenchContext, createContext, DIST } from './daemon.ts';
import { type Figure, voids } from './figures.ts';
import { installAlternatives, installedVersions } from './install.ts';
import { startBusyMeter } from './machine.ts';
import { writeMarkdown } from './markdown.ts';
import { drawPlots } from './plots/draw.ts';
import { reason } from './reason.ts';
import { type BenchReport, line } from './report.ts';

type Benchmark = (context: BenchContext) => Promise<Figure[]>;

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
	bulk: bulkEnqueue,
	pipelined: pipelinedEnqueue,
	lone: loneEnqueue,
	drain: claimAndComplete,
	load: duringLoad,
	pauses: longestPauses,
	start: enqueueToStart,
	spawn: containedSpawn,
	claim: claimDepth,
	'claim-queues': claimQueues,
	'claim-blocked': claimBesideBlocked,
	'claim-groups': claimGroups,
	graph: largeGraphs,
	storm: supersedeStorm,
	families: largeParents,
	rss: memory,
	idle: idleCost,
	ready: daemonReady,
	payloads: megabytePayloads,
	queues: besideQueues,
	'queues-idle': idleQueues,
	unchanged: unchangedAgain,
	fleet: sharedQueue,
};

const { values } = parseArgs({
	options: {
		only: { type: 'string', multiple: true, default: [] },
		quick: { type: 'boolean', default: false },
		json: { type: 'string' },
		markdown: { type: 'string' },
		plots: { type: 'string' },
		compare: { type: 'string' },
	},
});

if (values.quick && values.compare !== undefined) {
	console.error(
		'A quick run measures nothing that could be compared. Leave out --quick or --compare.',
	);
	process.exit(2);
}
const unknown = values.only.find((name) => BENCHMARKS[name] === undefined);
if (unknown !== undefined) {
	console.error(
		`There is no benchmark "${unknown}". There are: ${Object.keys(BENCHMARKS).join(', ')}.`,
	);
	process.exit(2);
}
if (!existsSync(join(DIST, 'daemon.js'))) {
	console.error('There is no build to measure. Run npm run build first.');
	process.exit(2);
}
const before =
	values.compare === undefined
		? undefined
		: (JSON.parse(readFileSync(values.compare, 'utf8')) as BenchReport);
installAlternatives();

const context = createContext(values.quick);
// Whatever happens to us, nothing that we started is left: folders and daemons here, servers and clients by themselves.
process.once('exit', () => context.close());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const chosen = Object.entries(BENCHMARKS).filter(
	([name]) => values.only.length === 0 || values.only.includes(name),
);
const figures: Figure[] = [];
const failures: { name: string; why: string }[] = [];
const began = performance.now();
for (const [i, [name, benchmark]] of chosen.entries()) {
	const minutes = ((performance.now() - began) / 60_000).toFixed(1);
	console.error(`[${i + 1}/${chosen.length}, ${minutes} min] ${name}`);
	const meter = startBusyMeter();
	try {
		const measured = await benchmark(context);
		const busy = meter.others();
		for (const figure of measured) {
			figures.push({ ...figure, busy });
			console.log(line({ ...figure, busy }));
		}
	} catch (error) {
		failures.push({ name, why: reason(error) });
		console.error(`${name} BROKE OFF: ${reason(error)}`);
	} finally {
		context.close();
	}
}

const report: BenchReport = {
	at: new Date().toISOString(),
	machine: {
		cpu: cpus()[0]?.model ?? 'unknown',
		cores: cpus().length,
		memoryGiB: Math.round(totalmem() / 2 ** 30),
		kernel: release(),
		node: process.versions.node,
	},
	versions: installedVersions(),
	figures,
	failures,
};
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
if (values.markdown !== undefined) writeMarkdown(values.markdown, report);
if (values.plots !== undefined) drawPlots(values.plots, figures);

const lost = figures.flatMap((figure) => voids(figure).map((why) => `${figure.name}: ${why}`));
for (const sentence of lost) console.log(`VOID ${sentence}`);
if (lost.length > 0 || failures.length > 0) process.exitCode = 1;
if (before !== undefined) {
	const worse = regressions(before, report);
	for (const sentence of worse) console.log(`WORSE ${sentence}`);
	if (worse.length === 0) console.log(`Nothing is worse than in ${values.compare}, beyond noise.`);
	else process.exitCode = 1;
}
// A job's pipe or a timer of a case that failed must not hold us.
process.exit();
