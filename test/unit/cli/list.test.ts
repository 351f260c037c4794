import { describe, expect, it } from 'vitest';
import { renderJobTable } from '../../../daemon/cli/render/list.ts';
import { stateWord } from '../../../daemon/cli/render/state.ts';
import { cellWidth } from '../../../daemon/cli/render/text.ts';
import { bare, ended, job, NOW, pipe, running, terminal } from './samples.ts';

const jobs = [
	running({
		title: 'Index main',
		queue: 'index',
		progress: { current: 1234, total: 3640, unit: 'files' },
	}),
	job({
		title:
			'A title that is much longer than any window of a sensible width would ever show in a list',
	}),
	ended('failed', { title: '日本語のタイトル', exitCode: 2, stopReason: 'exit' }),
	ended('succeeded', { title: 'evil \u001b[2J\nname' }),
];

describe('the list of jobs', () => {
	it.each([20, 40, 60, 80, 120, 200])('fits a window of %d columns', (width) => {
		const lines = renderJobTable(jobs, NOW, terminal(width, true));
		expect(lines).toHaveLength(jobs.length + 1);
		for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(width);
	});

	it('looks the same without colours', () => {
		for (const width of [40, 80, 200]) {
			expect(bare(renderJobTable(jobs, NOW, terminal(width, true)))).toEqual(
				renderJobTable(jobs, NOW, terminal(width, false)),
			);
		}
	});

	it('tells all at once in a wide window', () => {
		const [header, first, , third] = renderJobTable(jobs, NOW, terminal(200));
		expect(header).toMatch(/^STATE\s+ID\s+TITLE\s+QUEUE\s+DETAILS\s+ORIGIN\s+TOOK\s+CREATED$/);
		expect(first).toMatch(
			/^● running\s+1a2b3c4d\s+Index main\s+index\s+33%\s+1,234 of 3,640 files\s+cli\s+30s\s+1m ago$/,
		);
		expect(third).toContain('exit code 2');
	});

	it('keeps icon, id and title in a narrow one', () => {
		const [, first] = renderJobTable(jobs, NOW, terminal(30));
		expect(first).toMatch(/^● {2}1a2b3c4d {2}Index main/);
	});

	it('gives a pipe whole ids and whole titles, and no escape codes', () => {
		const text = renderJobTable(jobs, NOW, pipe).join('\n');
		expect(text).toContain(jobs[0]?.id);
		expect(text).toContain(jobs[1]?.title);
		expect(text).not.toContain('\u001b');
	});

	it('shows children below their parent, whatever the order of the list', () => {
		const parent = running({ title: 'parent' });
		const child = (generation: number) =>
			job({ id: `c${generation}`, generation, parentId: parent.id, title: `child ${generation}` });
		const orphan = job({ id: 'o', parentId: 'not listed', title: 'orphan' });
		const lines = renderJobTable([orphan, child(3), child(2), parent], NOW, terminal(200));
		const titles = lines
			.slice(1)
			.map((line) => /(?:└ )?(?:parent|child \d|orphan)/.exec(line)?.[0]);
		expect(titles).toEqual(['orphan', 'parent', '└ child 2', '└ child 3']);
	});

	it('leaves out columns that have nothing to say', () => {
		const [header] = renderJobTable([job()], NOW, terminal(200));
		expect(header).not.toContain('TOOK');
		expect(header).not.toContain('DETAILS');
	});
});

describe('words for states', () => {
	it.each([
		[job(), 'queued'],
		[job({ held: true }), 'held'],
		[job({ held: true, stopping: 'cancel' }), 'stopping'],
		[job({ runAt: NOW + 1000 }), 'scheduled'],
		[job({ runAt: NOW + 1000, attempt: 1 }), 'retrying'],
		[running(), 'running'],
		[running({ stopping: 'cancel' }), 'stopping'],
		[ended('expired', { stopping: 'ttl' }), 'expired'],
	])('%#: %o', (one, word) => expect(stateWord(one, NOW)).toBe(word));
});
