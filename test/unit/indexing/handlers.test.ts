import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createIndexHandlers, indexerPlan } from '../../../daemon/indexing/handlers.ts';
import type { JobHandler } from '../../../daemon/queue/ports/handlers.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import { type JobSpecInput, jobSpecSchema } from '../../../shared/job.ts';

const FOLDER = process.platform === 'win32' ? 'C:/home/me/project' : '/home/me/project';
const WORKSPACE = pathToFileURL(FOLDER).href;

function handler(type: string): JobHandler {
	const handlers = createIndexHandlers({
		node: () => '/bin/node',
		indexerEntry: '/dist/indexer.js',
		home: `${FOLDER}/.semantica`,
	});
	const found = handlers.find((candidate) => candidate.type === type);
	if (found === undefined) throw new Error(type);
	return found;
}

const prepare = (spec: JobSpecInput) => handler(spec.type).prepare(jobSpecSchema.parse(spec));

function refusal(spec: JobSpecInput): SemanticaError {
	try {
		prepare(spec);
	} catch (error) {
		if (error instanceof SemanticaError) return error;
		throw error;
	}
	throw new Error('it was accepted');
}

test('defaults of both types', () => {
	for (const type of ['index.workspace', 'index.files']) {
		expect(handler(type).defaults).toEqual({ queue: 'index', maxAttempts: 3, restartable: true });
	}
});

describe('index.workspace', () => {
	test('fills in payload, subject and title', () => {
		expect(prepare({ type: 'index.workspace', workspace: WORKSPACE })).toMatchObject({
			payload: {},
			subject: WORKSPACE,
			title: 'Index project',
		});
	});

	test('keeps what was given', () => {
		const spec = { subject: 'mine', title: 'Mine', payload: { exclude: ['*.log'] } };
		expect(prepare({ type: 'index.workspace', workspace: WORKSPACE, ...spec })).toMatchObject({
			...spec,
			payload: { exclude: ['*.log'] },
		});
	});

	test('a folder whose URI is longer than a subject may be', () => {
		const workspace = `${WORKSPACE}/${'long/'.repeat(200)}end`;
		const { subject } = prepare({ type: 'index.workspace', workspace });
		expect(subject).toMatch(/^sha256:[0-9a-f]{64}$/);
	});

	test.each([
		[{ type: 'index.workspace' }, 'workspace'],
		[{ type: 'index.workspace', workspace: 'https://example.org/x' }, 'workspace'],
		[{ type: 'index.workspace', workspace: WORKSPACE, payload: [] }, 'payload'],
		[{ type: 'index.workspace', workspace: `${WORKSPACE}/.semantica/run` }, 'workspace'],
		[{ type: 'index.workspace', workspace: WORKSPACE, payload: { extra: 1 } }, 'payload'],
		[
			{ type: 'index.workspace', workspace: WORKSPACE, payload: { exclude: ['a', ''] } },
			'payload.exclude[1]',
		],
		[
			{ type: 'index.workspace', workspace: WORKSPACE, payload: { maxFileBytes: 0 } },
			'payload.maxFileBytes',
		],
	])('refuses %j', (spec, path) => {
		expect(refusal(spec)).toMatchObject({ kind: 'VALIDATION', data: { path } });
	});
});

describe('index.files', () => {
	const files = (...list: string[]): JobSpecInput => ({
		type: 'index.files',
		workspace: WORKSPACE,
		payload: { files: list },
	});

	test('one file is its own subject, several are nobody else’s', () => {
		expect(prepare(files('src/a b.ts'))).toMatchObject({
			subject: `${WORKSPACE}/src/a%20b.ts`,
			title: 'Index src/a b.ts',
			payload: { files: ['src/a b.ts'] },
		});
		expect(prepare(files('src/a.ts', 'src/b.ts'))).not.toHaveProperty('subject');
		expect(prepare(files('src/a.ts', 'src/b.ts')).title).toBe('Index 2 files in src');
	});

	test.each(['/etc/passwd', '../x', 'a/../../x', 'a//b', './a', 'a/', 'a\0b', '..'])(
		'refuses the path %j',
		(path) => {
			expect(refusal(files('fine.ts', path))).toMatchObject({
				kind: 'VALIDATION',
				data: { path: 'payload.files[1]' },
			});
		},
	);

	test.each([undefined, {}, { files: [] }, { files: 'a' }, { files: ['a'], more: 1 }])(
		'refuses the payload %j',
		(payload) => {
			const spec = { type: 'index.files', workspace: WORKSPACE };
			expect(refusal(payload === undefined ? spec : { ...spec, payload }).kind).toBe('VALIDATION');
		},
	);

	test('names with dots and odd characters are fine', () => {
		expect(() => prepare(files('.a/..b/c...', 'new\nline', 'ü'))).not.toThrow();
	});
});

test('the program that does them stays, below everything a person waits for', () => {
	expect(indexerPlan({ node: () => '/bin/node', indexerEntry: '/dist/indexer.js' })).toEqual({
		command: '/bin/node',
		args: ['--max-semi-space-size=4', '/dist/indexer.js', 'serve'],
		cwd: '/dist',
		env: { ELECTRON_RUN_AS_NODE: '1' },
		nice: 10,
	});
});
