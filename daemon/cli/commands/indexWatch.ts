/** `index --watch`: brings an index up to date, and then follows what changes on disk. */
import { statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { ERROR_CODES } from '../../../shared/errors.ts';
import { DEFAULT_RULES } from '../../../shared/folderRules.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { IndexWorkspacePayload } from '../../../shared/protocol/indexing.ts';
import { connectOrStart, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError, describeFailure, EXIT } from '../errors.ts';
import { listenForInterrupt } from '../follow/interrupt.ts';
import { waitForJob } from '../follow/wait.ts';
import { formatTime, plural } from '../render/format.ts';
import { shortId } from '../render/state.ts';
import { newKey, submit } from '../submit.ts';
import type { Batch } from '../watching/batches.ts';
import { type Following, followFolder } from '../watching/follow.ts';

/** Files that are named one by one in what is said. */
const NAMED = 3;

export async function watchAndIndex(
	context: Context,
	path: string,
	walk: JobSpecInput & { readonly workspace: string },
): Promise<void> {
	const root = await realpath(path);
	const identity = folderIdentity(root);
	const { workspace } = walk;
	// Said once, for the first look at everything: what anybody says of the folder later holds.
	const { payload, ...again } = walk;
	const { exclude, defaultExcludes } = await rulesOf(context, workspace, payload ?? {});
	const { err, out } = context;

	const enqueue = async (spec: JobSpecInput, what: string, open?: Parameters<typeof submit>[2]) => {
		const { answer } = await submit(context.daemon, [{ ...spec, key: newKey() }], open);
		const id = answer.jobs[0]?.id;
		out.lines([`${formatTime(Date.now())} ${what}${id === undefined ? '' : `: ${shortId(id)}`}`]);
	};
	/** Said with the look that follows. */
	let renewed = '';
	const look = async (batch: Batch): Promise<void> => {
		assertSame(root, identity);
		await using(connectOrStart(context.daemon), async (connection) => {
			const stale = batch.walk
				? { files: [], walk: true }
				: await connection.request('index/stale', { workspace, paths: [...batch.paths] });
			if (stale.walk) {
				const what = `${renewed}looking at everything`;
				renewed = '';
				return enqueue(again, what, { open: connection });
			}
			if (stale.files.length === 0) return;
			const { files } = stale;
			const spec: JobSpecInput = { type: 'index.files', workspace, payload: { files } };
			await enqueue(spec, named(files), { open: connection });
		});
	};

	let ended: (error: unknown) => void = () => {};
	const failure = new Promise<never>((_resolve, reject) => {
		ended = reject;
	});
	// It may come while the first job is still followed.
	failure.catch(() => {});
	// Before the first look at everything, so that nothing happens between the two.
	const following = await followFolder({
		folder: { root, home: context.daemon.paths.home, exclude, defaultExcludes },
		distFolder: context.daemon.distFolder,
		warn: (sentence) => err.say(sentence, err.style.yellow),
		renewed(folders) {
			renewed = folders === undefined ? '' : `other rules, watching ${plural(folders, 'folder')}; `;
		},
		look,
		ended: (error) => ended(error),
		failed(error) {
			const { wire, message } = describeFailure(error);
			const isEnd = error instanceof CliError || wire.error.code === ERROR_CODES.NOT_FOUND;
			if (isEnd) ended(error);
			else err.say(`${message}\nTrying again.`, err.style.yellow);
			return !isEnd;
		},
	});
	try {
		const { connection, answer } = await submit(context.daemon, [{ ...walk, key: newKey() }]);
		const [job] = answer.jobs;
		if (job === undefined) throw new CliError('The daemon answered without a job.');
		await waitForJob(context, connection, job.id, { json: false, log: false });
		if (process.exitCode !== EXIT.done) return;
		const interrupt = listenForInterrupt();
		following.begin();
		out.lines([`Watching ${root}${counted(following)}. Ctrl-C ends it, and leaves the index.`]);
		try {
			await Promise.race([failure, interrupt.happened]);
		} finally {
			interrupt.stop();
		}
	} finally {
		await following.close();
	}
}

/** What leads to files that are of no interest: as it is said now, else as the folder has it. */
async function rulesOf(context: Context, workspace: string, said: IndexWorkspacePayload) {
	const { indexes } = await using(connectOrStart(context.daemon), (connection) =>
		connection.request('index/status', { workspace }),
	);
	const { exclude, defaultExcludes } = indexes[0]?.rules ?? DEFAULT_RULES;
	return {
		exclude: said.exclude ?? exclude,
		defaultExcludes: said.defaultExcludes ?? defaultExcludes,
	};
}

/** What is not there has changed nothing: an index outlives a disk that is away. */
function assertSame(root: string, identity: string): void {
	let now: string | undefined;
	try {
		now = folderIdentity(root);
	} catch {
		now = undefined;
	}
	if (now === identity) return;
	throw new CliError(
		`${root} is ${now === undefined ? 'gone' : 'another folder than before'}; nothing was removed from its index. When it is back: semantica index --watch ${root}`,
	);
}

function folderIdentity(root: string): string {
	const { dev, ino } = statSync(root, { bigint: true });
	return `${dev}:${ino}`;
}

function counted(following: Following): string {
	return following.folders === undefined ? '' : ` (${plural(following.folders, 'folder')})`;
}

function named(files: readonly string[]): string {
	const more = files.length - NAMED;
	return files.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
