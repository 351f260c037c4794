/**
 * `npm start [-- FOLDER]`, after the build: indexes a folder (this repository unless another is named)
 * through the command line as anybody would use it, searches in it once, and says what to do next.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, parse, resolve } from 'node:path';
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

/** Searches for words that the folder is likely to contain; the first that is found is shown. */
async function search(folder) {
	for (const query of queriesFor(folder)) {
		const args = ['search', query, '--folder', folder, '--limit', '5'];
		const { code, output } = await semantica([...args, '--json'], { capture: true });
		if (code !== 0 || JSON.parse(output).hits.length === 0) continue;
		console.log(`\n${bold(`$ npx semantica ${args.map(quoted).join(' ')}`)}\n`);
		await semantica(args);
		return;
	}
}

function* queriesFor(folder) {
	if (folder === root) yield 'retry backoff';
	else yield* [wordsOf(basename(folder)), 'main', 'error', 'the'].filter((words) => words !== '');
	// Files are found by their names as well, so that of an indexed one finds at least itself.
	yield* new Set(fileNames(folder).slice(0, 20));
}

function fileNames(folder) {
	const names = [];
	const folders = [folder];
	for (let at = 0; at < folders.length && at < 20; at++) {
		for (const entry of entriesOf(folders[at])) {
			if (entry.name.startsWith('.')) continue;
			if (entry.isDirectory()) folders.push(join(folders[at], entry.name));
			else if (entry.isFile()) names.push(wordsOf(parse(entry.name).name));
		}
	}
	return names.filter((words) => words !== '');
}

function entriesOf(folder) {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch {
		// Not for us to read, nor for the indexer.
		return [];
	}
}

const wordsOf = (name) => name.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();

/** As one could type it. */
const quoted = (word) =>
	/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

// Ctrl-C reaches the command line too, which answers it; we end after it.
process.on('SIGINT', () => {});

const named = process.argv[2];
const folder = named === undefined ? root : resolve(process.env.INIT_CWD ?? '.', named);
await replaceOtherBuild();
console.log(bold(`$ npx semantica index ${quoted(folder)} --wait`));
const { code } = await semantica(['index', folder, '--wait']);
if (code === 0) {
	console.log(`\n${bold('$ npx semantica list --all --limit 6')}`);
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
