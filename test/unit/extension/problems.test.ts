/** Errors of jobs in a window: which are shown, and when they go. */
import {
	mkdirSync,
	mkdtempSync,
	realpathSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ProblemBook, workOf } from '../../../extension/problems/book.ts';
import { shownFiles } from '../../../extension/problems/places.ts';
import type { Problem } from '../../../shared/problems.ts';
import { makeJob } from './makeJob.ts';

const problem = (file: string | undefined, line = 1): Problem => ({
	severity: 'error',
	message: 'm',
	...(file === undefined ? {} : { file }),
	line,
});
/** Of a run that was asked for when it ended. */
const at = (finishedAt: number) => ({
	finishedAt,
	createdAt: finishedAt,
	generation: finishedAt,
});
const found = (...files: string[]) => new Map(files.map((file) => [file, [problem(file)]]));

describe('the book of errors', () => {
	test('shows of the same work what its last run found', () => {
		const book = new ProblemBook();
		expect([...book.put('a', { job: '1', ...at(5), files: found('/x', '/y') })]).toEqual([
			'/x',
			'/y',
		]);
		book.put('b', { job: '2', ...at(6), files: found('/x') });
		expect(book.of('/x').length).toBe(2);
		expect(book.isNews('a', at(5))).toBe(false);
		expect(book.isNews('a', at(6))).toBe(true);
		expect([...book.put('a', { job: '3', ...at(7), files: found('/z') })]).toEqual([
			'/x',
			'/y',
			'/z',
		]);
		expect([book.of('/x').length, book.of('/y').length, book.of('/z').length]).toEqual([1, 0, 1]);
		// An older run comes late, with a page of older jobs.
		expect(book.isNews('a', at(6))).toBe(false);
		expect([...book.remove('2')]).toEqual(['/x']);
		expect(book.of('/x')).toEqual([]);
		expect(book.isNews('b', at(6))).toBe(false);
	});

	test('knows the younger run of a clock that was set back', () => {
		const book = new ProblemBook();
		book.put('a', { job: '1', finishedAt: 100, createdAt: 90, generation: 1, files: found('/x') });
		expect(book.isNews('a', { finishedAt: 50, createdAt: 40, generation: 2 })).toBe(true);
		// One that was asked for later and ended earlier ran beside it.
		expect(book.isNews('a', { finishedAt: 99, createdAt: 95, generation: 2 })).toBe(false);
		expect(book.isNews('a', { finishedAt: 50, createdAt: 40, generation: 0 })).toBe(false);
	});

	test('forgets what was found longest ago, and takes it down', () => {
		const book = new ProblemBook();
		book.put('first', { job: '0', ...at(1), files: found('/first') });
		for (let n = 1; n < 1000; n++) book.put(`${n}`, { job: `${n}`, ...at(n), files: found() });
		expect([...book.put('last', { job: 'l', ...at(1), files: found() })]).toEqual(['/first']);
		expect(book.of('/first')).toEqual([]);
	});

	test('knows the same work by its subject, else by what runs where', () => {
		const command = { command: 'make', args: ['x'], cwd: '/w', env: [], shell: false };
		const one = makeJob({ command });
		expect(workOf(makeJob({ command, title: 'other', retryOf: one.id }))).toBe(workOf(one));
		expect(workOf(makeJob({ command: { ...command, cwd: '/v' } }))).not.toBe(workOf(one));
		expect(workOf(makeJob({ command: { ...command, args: ['y'] } }))).not.toBe(workOf(one));
		const subject = makeJob({ command, subject: 's' });
		expect(workOf(makeJob({ subject: 's' }))).toBe(workOf(subject));
		expect(workOf(makeJob({ type: 'x' }))).not.toBe(workOf(makeJob({ type: 'x' })));
	});
});

test('a window shows files that it has open, and others of its own jobs, where they are as the run saw them', async () => {
	const root = realpathSync(mkdtempSync(join(tmpdir(), 'semantica-places-')));
	onTestFinished(() => rmSync(root, { recursive: true }));
	const [open, link, elsewhere] = [join(root, 'open'), join(root, 'link'), join(root, 'elsewhere')];
	for (const folder of [open, elsewhere]) mkdirSync(folder);
	symlinkSync(open, link);
	for (const name of ['open/a.c', 'open/late.c', 'elsewhere/b.h'])
		writeFileSync(join(root, name), '');
	const finishedAt = Date.now() + 60_000;
	utimesSync(join(open, 'late.c'), new Date(finishedAt + 5000), new Date(finishedAt + 5000));
	const problems = [
		problem(join(open, 'a.c'), 1),
		problem(join(open, 'a.c'), 2),
		problem(join(open, 'late.c')),
		problem(join(open, 'gone.c')),
		problem(open),
		problem(join(elsewhere, 'b.h')),
		problem(undefined),
	];
	const job = (cwd: string) =>
		makeJob({ finishedAt, command: { command: 'x', args: [], cwd, env: [], shell: false } });
	const later = finishedAt + 60_000;
	const own = await shownFiles(job(open), problems, [open], later);
	expect([...own.keys()].sort()).toEqual([join(elsewhere, 'b.h'), join(open, 'a.c')]);
	expect(own.get(join(open, 'a.c'))?.map(({ line }) => line)).toEqual([1, 2]);
	// Of a job that runs elsewhere only what the window has open; by the name under which it has it open.
	const other = await shownFiles(job(elsewhere), problems, [link], later);
	expect([...other.keys()]).toEqual([join(link, 'a.c')]);
	expect((await shownFiles(job(elsewhere), problems, [], later)).size).toBe(0);
	// By a clock that was set back, the file has a time that is still to come.
	const back = await shownFiles(job(open), problems, [open], finishedAt + 1);
	expect([...back.keys()]).toContain(join(open, 'late.c'));
});
