/** What large payloads cost: files beside the database against everything inline (docs/decisions/0004). */
import type { BenchContext } from '../daemon.ts';
import { type Figure, percentile } from '../figures.ts';
import { writeContents } from '../payloads/contents.ts';
import { compareMegabytes } from '../payloads/megabytes.ts';

export async function megabytePayloads(context: BenchContext): Promise<Figure[]> {
	const count = context.quick ? 20 : 1000;
	const { files, inline } = await compareMegabytes(writeContents(context.folder(), count));
	const what = `${count} × 1 MB (vectors, source, random in turns)`;
	const asFiles = `${what} as files`;
	const inMb = (bytes: number) => bytes / 1e6;
	return [
		{
			name: 'payloads-size',
			what: `${asFiles}: how much smaller jobs.db is than all inline`,
			unit: '×',
			better: 'higher',
			ours: [inline.databaseBytes / files.databaseBytes],
			budget: { of: 'value', atLeast: 40 },
		},
		{
			name: 'payloads-vacuum',
			what: `${asFiles}: how much faster VACUUM is than all inline`,
			unit: '×',
			better: 'higher',
			ours: [inline.vacuumMs / files.vacuumMs],
			budget: { of: 'value', atLeast: 60 },
		},
		{
			name: 'payloads-enqueue',
			what: `${what}, one after the other, durable`,
			unit: 'jobs/s',
			better: 'higher',
			ours: [files.enqueuePerSecond],
			others: [{ label: 'all inline', values: [inline.enqueuePerSecond] }],
		},
		{
			name: 'payloads-load',
			what: `${what}, run in sequence, each read by its job`,
			unit: 'jobs/s',
			better: 'higher',
			ours: [files.loadPerSecond],
			others: [{ label: 'all inline', values: [inline.loadPerSecond] }],
		},
		{
			name: 'payloads-disk',
			what: `${what}, on disk in all`,
			unit: 'MB',
			better: 'lower',
			ours: [inMb(files.databaseBytes + files.payloadBytes)],
			others: [{ label: 'all inline', values: [inMb(inline.databaseBytes)] }],
		},
		{
			name: 'payloads-rss',
			what: `${asFiles}: memory of the daemon after the load, beyond that before it`,
			unit: 'MB',
			better: 'lower',
			ours: [inMb(files.rss.after - files.rss.before)],
			others: [{ label: 'all inline', values: [inMb(inline.rss.after - inline.rss.before)] }],
			budget: { of: 'value', atMost: 40 },
		},
		{
			name: 'payloads-p99',
			what: `${asFiles}: other requests meanwhile, p99`,
			unit: 'ms',
			better: 'lower',
			ours: [percentile(files.probeMs, 0.99)],
			others: [{ label: 'all inline', values: [percentile(inline.probeMs, 0.99)] }],
			budget: { of: 'value', atMost: 50 },
		},
	];
}
