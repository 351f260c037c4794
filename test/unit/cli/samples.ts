/** Jobs and views to render. */
import { stripVTControlCharacters } from 'node:util';
import { createStyle, type View } from '../../../daemon/cli/render/style.ts';
import type { Job } from '../../../shared/job.ts';

export const NOW = Date.parse('2026-03-01T12:00:00Z');

export function job(fields: Partial<Job> = {}): Job {
	return {
		id: '0195a1b2-0000-7000-8000-00001a2b3c4d',
		generation: 1,
		type: 'command',
		title: 'make all',
		queue: 'default',
		subject: null,
		supersede: 'queued',
		debounceMs: 0,
		maxDelayMs: 0,
		key: null,
		priority: 0,
		command: null,
		workspace: null,
		parentId: null,
		tag: null,
		group: null,
		groupLimit: null,
		after: [],
		runAt: NOW - 60_000,
		ttlMs: null,
		deadlineAt: null,
		timeoutMs: null,
		ready: null,
		restart: null,
		leaveBehind: false,
		pty: false,
		limits: null,
		maxAttempts: 1,
		backoff: { baseMs: 1000, factor: 2, maxMs: 300_000, jitter: 0.25 },
		retryOn: null,
		restartable: false,
		constraints: null,
		onConstraintLost: 'finish',
		graceMs: 5000,
		notify: 'never',
		errors: null,
		skipIfUnchanged: null,
		unchangedSince: null,
		state: 'queued',
		held: false,
		needsApproval: false,
		question: null,
		phase: null,
		stopping: null,
		createdAt: NOW - 60_000,
		startedAt: null,
		readyAt: null,
		finishedAt: null,
		attempt: 0,
		run: 0,
		restarts: 0,
		progress: null,
		result: null,
		error: null,
		stopReason: null,
		problems: null,
		exitCode: null,
		signal: null,
		retryOf: null,
		origin: 'cli',
		cost: null,
		children: {},
		payload: { bytes: 0, storage: 'none' },
		logBytes: 0,
		...fields,
	};
}

export const running = (fields: Partial<Job> = {}): Job =>
	job({ state: 'running', phase: 'run', startedAt: NOW - 30_000, attempt: 1, run: 1, ...fields });

export const ended = (state: Job['state'], fields: Partial<Job> = {}): Job =>
	job({ state, startedAt: NOW - 30_000, finishedAt: NOW - 10_000, attempt: 1, run: 1, ...fields });

export function terminal(width: number, color = false): View {
	return { style: createStyle({ color, unicode: true }), width, plain: false };
}

export const pipe: View = {
	style: createStyle({ color: false, unicode: true }),
	width: Number.POSITIVE_INFINITY,
	plain: true,
};

export const bare = (lines: readonly string[]): string[] => lines.map(stripVTControlCharacters);
