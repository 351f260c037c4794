/**
 * What the search by meaning finds that words do not, and what it costs: `node test/bench/indexing/meaning.ts FOLDER`
 * with Python's library. Its endpoint is that of the tests, with simple vectors, unless SEMANTICA_ENDPOINT and
 * SEMANTICA_MODEL name another. Judged are questions in the words of somebody who does not know the names, each with
 * the files that answer it, and names that are defined once, said in words.
 */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { startEmbeddings } from '../../support/embeddings.ts';
import { createContext } from '../daemon.ts';
import { definitionsIn, saidInWords } from './tree.ts';

const JUDGED: readonly (readonly [question: string, ...files: string[]])[] = [
	['erase a folder with everything inside', 'shutil.py'],
	['duplicate a whole directory tree', 'shutil.py'],
	['how much free space is left on the disk', 'shutil.py'],
	['squeeze bytes to make them smaller', 'gzip.py', 'bz2.py', 'lzma.py', 'zipfile.py'],
	['unpack an archive safely', 'tarfile.py', 'shutil.py', 'zipfile.py'],
	['pick a random item with weights', 'random.py'],
	['mix up the order of a list', 'random.py'],
	['generate an unguessable key for a user', 'secrets.py'],
	['ask the user for a secret without showing it', 'getpass.py'],
	['guess the kind of a file by its ending', 'mimetypes.py'],
	['launch another program and read what it prints', 'subprocess.py'],
	['kill a child program after too long', 'subprocess.py'],
	['divide a command line like a shell', 'shlex.py'],
	['wrap long paragraphs to a width', 'textwrap.py'],
	['remove indentation shared by all rows', 'textwrap.py'],
	['show the differences of two texts', 'difflib.py'],
	['which words are spelled nearly alike', 'difflib.py'],
	['remember results of earlier calls of a function', 'functools.py'],
	['a dictionary that keeps the most recent entries', 'functools.py', 'collections/__init__.py'],
	['count how often each element occurs', 'collections/__init__.py'],
	['keep a list sorted while inserting', 'bisect.py'],
	['smallest element of a queue first', 'heapq.py', 'queue.py'],
	['run work later at a given moment', 'sched.py', 'threading.py'],
	['wait until another thread signals', 'threading.py'],
	['only so many threads at the same time', 'threading.py', 'concurrent/futures/thread.py'],
	[
		'share numbers between processes',
		'multiprocessing/sharedctypes.py',
		'multiprocessing/managers.py',
		'multiprocessing/shared_memory.py',
	],
	['average and spread of numbers', 'statistics.py'],
	['middle value of the data', 'statistics.py'],
	['is this address inside that network', 'ipaddress.py'],
	['transmit an email with a server', 'smtplib.py'],
	['receive letters from a mail server', 'poplib.py', 'imaplib.py'],
	['fetch a page from the web', 'urllib/request.py', 'http/client.py'],
	['remember cookies between visits', 'http/cookiejar.py'],
	['break an address of the web into its pieces', 'urllib/parse.py'],
	['is a crawler allowed to visit this page', 'urllib/robotparser.py'],
	['turn objects into bytes and back', 'pickle.py', 'copyreg.py', 'json/__init__.py'],
	['decode settings with sections', 'configparser.py'],
	['how leap years are determined', 'calendar.py', 'datetime.py', '_strptime.py'],
	['print the days of a month as a table', 'calendar.py'],
	['understand a date in a text', '_strptime.py', 'datetime.py', 'email/_parseaddr.py'],
	['a folder that vanishes afterwards', 'tempfile.py'],
	['names of files that match a wildcard', 'glob.py', 'fnmatch.py', 'pathlib.py'],
	['are two directories equal', 'filecmp.py'],
	['show where an exception came from', 'traceback.py'],
	[
		'which lines of a program took the most time',
		'profile.py',
		'cProfile.py',
		'pstats.py',
		'trace.py',
	],
	['measure how fast a snippet is', 'timeit.py'],
	['stop at a line and look at variables', 'pdb.py', 'bdb.py'],
	['make a class from field names', 'collections/__init__.py', 'dataclasses.py', 'typing.py'],
	['order tasks that depend on each other', 'graphlib.py'],
	['open a page in the browser of the person', 'webbrowser.py'],
];

const CORE = ['test/', 'lib2to3/', 'idlelib/'];

interface Judged {
	readonly mrr: number;
	readonly inTen: number;
	readonly p50: number;
	readonly p95: number;
	/** Places, 0 for none. */
	readonly ranks: readonly number[];
}

async function judge(
	connection: DaemonConnection,
	workspace: string,
	queries: readonly {
		readonly text: string;
		readonly is: (hit: { path: string; line: number }) => boolean;
	}[],
): Promise<Judged> {
	const ranks: number[] = [];
	const times: number[] = [];
	for (const { text, is } of queries) {
		const began = performance.now();
		const { hits, problems } = await connection.request('index/search', { workspace, query: text });
		times.push(performance.now() - began);
		if (problems !== undefined) throw new Error(problems.join(' '));
		ranks.push(hits.findIndex(is) + 1);
	}
	times.sort((a, b) => a - b);
	const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0;
	return {
		mrr: ranks.reduce((sum, rank) => sum + (rank === 0 ? 0 : 1 / rank), 0) / ranks.length,
		inTen: ranks.filter((rank) => rank > 0 && rank <= 10).length / ranks.length,
		p50: at(0.5),
		p95: at(0.95),
		ranks,
	};
}

const [, , given = '/usr/lib/python3.11'] = process.argv;
const folder = realpathSync(given);
const workspace = pathToFileURL(folder).href;
const context = createContext(false);
const server = await startEmbeddings();
const endpoint = process.env['SEMANTICA_ENDPOINT'] ?? `${server.origin}/v1`;
const model = process.env['SEMANTICA_MODEL'] ?? 'simple';
try {
	await context.withDaemon(async (daemon) => {
		const connection = await daemon.connect();
		const ended = async (id: string) => {
			const { jobs } = await connection.request('job/wait', { ids: [id], timeoutMs: 3_600_000 });
			if (jobs[0]?.state !== 'succeeded') throw new Error(JSON.stringify(jobs[0]));
			return jobs[0];
		};
		const payload = { exclude: CORE };
		const walk = { type: 'index.workspace', workspace, payload };
		const { jobs } = await connection.request('job/enqueue', { jobs: [walk] });
		await ended(jobs[0]?.id ?? '');
		const questions = JUDGED.map(([text, ...files]) => ({
			text,
			is: ({ path }: { path: string }) => files.includes(path),
		}));
		const definitions = await definitionsIn(folder, 150);
		const names = definitions.flatMap(({ name, path, line }) => {
			const text = saidInWords(name);
			const isOut = CORE.some((core) => path.startsWith(core));
			return text === undefined || isOut
				? []
				: [
						{
							text,
							is: (hit: { path: string; line: number }) => hit.path === path && hit.line === line,
						},
					];
		});
		const shown = new Map<string, readonly number[]>();
		const show = async (what: string) => {
			for (const [name, queries] of [
				['questions', questions],
				['names said in words', names],
			] as const) {
				await judge(connection, workspace, queries);
				const { mrr, inTen, p50, p95, ranks } = await judge(connection, workspace, queries);
				const before = shown.get(name);
				shown.set(name, ranks);
				const isThere = (rank = 0): boolean => rank > 0 && rank <= 10;
				const gained = ranks.filter((rank, at) => isThere(rank) && !isThere(before?.[at])).length;
				const lost = ranks.filter((rank, at) => !isThere(rank) && isThere(before?.[at])).length;
				console.log(
					`${what}: ${queries.length} ${name}: MRR ${mrr.toFixed(2)}, in 10 ${inTen.toFixed(2)}, p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms${before === undefined ? '' : `, gained ${gained}, lost ${lost}`}`,
				);
			}
		};
		await show('words alone');
		const meant = { workspace, endpoint, model };
		const { consent, cost } = await connection.request('meaning/plan', meant);
		console.log('plan:', cost);
		const began = performance.now();
		const { job } = await connection.request('meaning/on', { ...meant, consent });
		const done = await ended(job);
		console.log('job:', done.result, done.cost, `${Math.round(performance.now() - began)} ms`);
		await show('with meaning');
		const { indexes } = await connection.request('index/status', { workspace });
		console.log(
			'status:',
			indexes[0]?.meaning,
			'index',
			indexes[0]?.databaseBytes,
			indexes[0]?.bytes,
		);
	});
} finally {
	await server.close();
	context.close();
}
