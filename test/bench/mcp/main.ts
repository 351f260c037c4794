/**
 * `npm run bench:mcp`: what the server of AI tools costs, beside `node -e 0` and other servers in the same run. Tokens
 * are characters by four, as good as any count that belongs to no model.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dataPaths } from '../../../shared/paths.ts';
import { measureAnswers } from './answers.ts';
import { type Program, programs } from './programs.ts';
import { bareStart, lengthOfList, measureTogether, startOf } from './starts.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 15);
const TOGETHER = 20;

const home = join(mkdtempSync(join(tmpdir(), 'semantica-bench-mcp-')), 'home');
mkdirSync(home, { mode: 0o700 });
writeFileSync(dataPaths(home).config, JSON.stringify({ ai: { folders: ['/'] } }), { mode: 0o600 });

const median = (values: readonly number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function starts(all: readonly Program[]): Promise<void> {
	const bare: { ms: number; rss: number }[] = [];
	const rows = new Map(all.map((program) => [program, [] as { ms: number; rss: number }[]]));
	// In turns, so that what else the machine does meets all of them.
	for (let round = 0; round < ROUNDS; round++) {
		bare.push(await bareStart());
		for (const [program, row] of rows) row.push(await startOf(program));
	}
	const ms = median(bare.map((one) => one.ms));
	const rss = median(bare.map((one) => one.rss));
	console.log('| | to the answer of tools/list | × | RSS then | × | its list, tokens |');
	console.log('|---|---|---|---|---|---|');
	console.log(`| \`node -e 0\` | ${ms.toFixed(0)} ms | 1 | ${(rss / 1e6).toFixed(0)} MB | 1 | |`);
	for (const [program, row] of rows) {
		const own = { ms: median(row.map((one) => one.ms)), rss: median(row.map((one) => one.rss)) };
		const tokens = Math.round((await lengthOfList(program)) / 4);
		console.log(
			`| ${program.name} | ${own.ms.toFixed(0)} ms | ${(own.ms / ms).toFixed(2)} | ${(own.rss / 1e6).toFixed(0)} MB | ${(own.rss / rss).toFixed(2)} | ${tokens} |`,
		);
	}
}

try {
	const all = programs(home, resolve(import.meta.dirname, '../../..'));
	const [own] = all;
	await starts(all);
	if (own !== undefined) {
		console.log('');
		await measureTogether(own, TOGETHER);
		console.log('');
		await measureAnswers(own, home);
	}
} finally {
	rmSync(join(home, '..'), { recursive: true, force: true });
}
