/**
 * `npm start [-- FOLDER]`, after the build: indexes a folder (this repository unless another is named)
 * through the command line as anybody would use it, searches in it once, and says what to do next.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'dist', 'cli.js');
const bold = (words) =>
	process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[1m${words}\x1b[22m` : words;

/** Runs the command line; its output is the person's, or ours with `capture`. */
async function semantica(args, { capture = false } = {}) {
	const child = spawn(process.execPath, [cli, ...args], {
		stdio: ['inherit', capture ? 'pipe' : 'inherit', capture ? 'ignore' : 'inherit'],
	});
	const closed = new Promise((done) => child.once('close', done));
	const output = capture ? await text(child.stdout) : '';
	return { code: (await closed) ?? 1, output };
}

/** A daemon of an earlier build is replaced while it has nothing to do; work is never interrupted for it. */
async function replaceOtherBuild() {
	const { code, output } = await semantica(['daemon', 'status', '--json'], { capture: true });
	if (code !== 0) return;
	const { buildId, counts } = JSON.parse(output);
	const built = JSON.parse(readFileSync(join(root, 'dist', 'build.json'), 'utf8'));
	if (buildId === built.buildId) return;
	if (counts.queued + counts.running + counts.paused === 0) {
		await semantica(['daemon', 'restart']);
	} else {
		console.log(
			`A daemon of another build (${buildId}) has work to do and is used as it is.\n` +
				'Change to this build later with: npx semantica daemon restart --when-idle\n',
		);
	}
}

/** Words that the folder is likely to contain; the first that is found is shown. */
async function search(folder) {
	const ownName = basename(folder)
		.replace(/[^\p{L}\p{N}]+/gu, ' ')
		.trim();
	const queries = folder === root ? ['retry backoff'] : [ownName, 'main', 'error', 'the'];
	for (const query of queries.filter((words) => words !== '')) {
		const args = ['search', query, '--folder', folder, '--limit', '5'];
		const { code, output } = await semantica([...args, '--json'], { capture: true });
		if (code !== 0 || JSON.parse(output).hits.length === 0) continue;
		console.log(`\n${bold(`$ semantica search "${query}" --limit 5`)}\n`);
		await semantica(args);
		return;
	}
}

// Ctrl-C reaches the command line too, which answers it; we end after it.
process.on('SIGINT', () => {});

const named = process.argv[2];
const folder = named === undefined ? root : resolve(process.env.INIT_CWD ?? '.', named);
await replaceOtherBuild();
console.log(bold(`$ semantica index ${folder} --wait`));
const { code } = await semantica(['index', folder, '--wait']);
if (code === 0) {
	console.log(`\n${bold('$ semantica list --all --limit 6')}`);
	await semantica(['list', '--all', '--limit', '6']);
	await search(folder);
	console.log(`
${bold('What to do next')}
  npx semantica search WORDS           find something else
  npx semantica status                 the daemon, its queues and indexes
  npx semantica run --wait -- COMMAND  run a command as a job
  npx semantica list                   jobs; more about one: show ID, logs ID
  npx semantica daemon stop            it goes on in the background otherwise
  npx semantica --help                 everything else`);
}
process.exitCode = code;
