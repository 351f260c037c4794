/** What a job costs for which nothing has to run: its inputs are looked at, in a folder of a thousand files. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext } from '../daemon.ts';
import { DIST } from '../daemon.ts';
import { type Figure, percentile } from '../figures.ts';

const FILES = 1000;
const TIMES = 30;

export async function unchangedAgain(context: BenchContext): Promise<Figure[]> {
	const folder = context.folder();
	for (let n = 0; n < FILES; n++) {
		const below = join(folder, 'src', String(n % 40));
		mkdirSync(below, { recursive: true });
		writeFileSync(join(below, `${n}.ts`), `export const n${n} = ${n};\n`.repeat(100));
	}
	const took: number[] = [];
	const byCommandLine: number[] = [];
	let wrong: string | undefined;
	for (let repeat = 0; repeat < 3; repeat++) {
		await context.withDaemon(async (daemon) => {
			const connection = await daemon.connect();
			const job = {
				type: 'command',
				command: { command: '/bin/true', cwd: folder },
				skipIfUnchanged: { inputs: ['src/**'] },
			};
			const again = async () => {
				const { jobs } = await connection.request('job/enqueue', { jobs: [job] });
				const ids = jobs.map(({ id }) => id);
				const { jobs: ended } = await connection.request('job/wait', { ids });
				return ended[0]?.stopReason;
			};
			await again();
			const times: number[] = [];
			for (let n = 0; n < TIMES; n++) {
				const began = performance.now();
				if ((await again()) !== 'unchanged') wrong ??= 'something ran again';
				times.push(performance.now() - began);
			}
			took.push(percentile(times, 0.5));
			const words = ['run', '--wait', '--skip-unchanged', 'src/**', '--', '/bin/true'];
			const env = { ...process.env, SEMANTICA_HOME: daemon.paths.home };
			const run = () =>
				execFileSync(process.execPath, [join(DIST, 'cli.js'), ...words], {
					cwd: folder,
					env,
					stdio: ['ignore', 'ignore', 'pipe'],
				});
			run();
			const shown: number[] = [];
			for (let n = 0; n < 10; n++) {
				const began = performance.now();
				run();
				shown.push(performance.now() - began);
			}
			byCommandLine.push(percentile(shown, 0.5));
			connection.dispose();
		});
	}
	const common = {
		unit: 'ms',
		better: 'lower',
		...(wrong === undefined ? {} : { void: wrong }),
	} as const;
	return [
		{
			...common,
			name: 'unchanged',
			what: 'a job for which nothing changed among 1,000 files (3.1 MB), enqueue → end, p50',
			ours: took,
			budget: { of: 'value', atMost: 100 },
		},
		{
			...common,
			name: 'unchanged-cli',
			what: 'the same by `semantica run --wait --skip-unchanged`, the start of Node included, p50',
			ours: byCommandLine,
		},
	];
}
