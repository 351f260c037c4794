import { expect, test } from 'vitest';
import { stuckAmong } from '../../support/model/dependencies.ts';
import type { ModelCondition, ModelJob, ModelSpec } from '../../support/model/job.ts';
import { TestMachine } from '../../support/model/machine.ts';
import { QueueModel } from '../../support/model/queueModel.ts';

const SPEC: ModelSpec = {
	queue: 'default',
	workspace: '',
	priority: null,
	group: null,
	groupLimit: null,
	subject: null,
	supersede: 'none',
	debounceMs: 0,
	maxDelayMs: null,
	delayMs: 0,
	ttlMs: null,
	deadlineMs: null,
	maxAttempts: 1,
	backoffMs: 0,
	ready: true,
	retryOn: null,
	memoryMB: null,
	restart: null,
	restartable: false,
	key: null,
	conditions: null,
	event: null,
	maxWaitMs: null,
	onConstraintLost: 'finish',
	worker: null,
};

function world() {
	const model = new QueueModel(0, new TestMachine(), {
		concurrency: { default: 3, other: 1, hooks: 1, '*': 4 },
		paused: { default: false, other: false, hooks: false, '*': false },
		groups: new Map(),
		rates: new Map(),
	});
	return {
		model,
		add(spec: Partial<ModelSpec> = {}, parent: ModelJob | null = null): ModelJob {
			const id = `${model.all.length}`;
			const entry = { spec: { ...SPEC, ...spec }, parent, sent: '', after: [] };
			model.enqueue([{ ...entry, needsApproval: false }], [id]);
			return model.all.at(-1) as ModelJob;
		},
	};
}

const wait = (job: ModelJob, target: ModelJob, on: ModelCondition['on']) =>
	job.after.push({ target, on, holds: null });

// What the queue refuses, made by hand: the histories would never notice that the model cannot see it.
test('the model sees who waits for itself, over conditions, parents and subjects', () => {
	const { model, add } = world();
	const parent = add();
	model.claim();
	const child = add({}, parent);
	expect(stuckAmong(model.kept)).toEqual([]);
	wait(child, parent, 'ready');
	expect(stuckAmong(model.kept)).toEqual([]);
	wait(child, parent, 'ended');
	expect(stuckAmong(model.kept)).toEqual([parent, child]);
	child.after.splice(0);

	const rival = add({ subject: 's' });
	const other = add({ subject: 's' });
	wait(other, rival, 'ended');
	expect(stuckAmong(model.kept)).toEqual([]);
	wait(rival, other, 'ended');
	expect(stuckAmong(model.kept)).toEqual([rival, other]);
	other.after.splice(0);
	// The other one goes first while it waits.
	expect(stuckAmong(model.kept)).toEqual([]);

	parent.spec = { ...parent.spec, subject: 'p' };
	const part = add({}, parent);
	expect(stuckAmong(model.kept)).toEqual([]);
	part.spec = { ...part.spec, subject: 'p' };
	wait(other, part, 'ended');
	expect(stuckAmong(model.kept)).toEqual([parent, rival, other, part]);
});

test('what is to end with those above it waits for nothing', () => {
	const { model, add } = world();
	const parent = add();
	const child = add({}, parent);
	wait(child, parent, 'ended');
	wait(add(), child, 'ended');
	expect(stuckAmong(model.kept)).toHaveLength(3);
	parent.stop = 'deadline';
	expect(stuckAmong(model.kept)).toEqual([]);
});
