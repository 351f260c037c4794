import { describe, expect, it } from 'vitest';
import { CliError, describeFailure, usageError } from '../../../daemon/cli/errors.ts';
import { wantsColor } from '../../../daemon/cli/output.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import { nodeVersionProblem } from '../../../shared/nodeVersion.ts';
import { RpcError } from '../../../shared/rpc/rpcError.ts';

describe('what an error becomes', () => {
	it('keeps the sentence and code of the daemon', () => {
		const error = new RpcError(4001, 'There is no job x.', { kind: 'NOT_FOUND' });
		expect(describeFailure(error)).toEqual({
			exitCode: 1,
			message: 'There is no job x.',
			wire: { error: { code: 4001, message: 'There is no job x.', data: { kind: 'NOT_FOUND' } } },
		});
	});

	it('counts what the schema refuses as usage, and says where', () => {
		const data = { path: 'jobs[0].priority', message: 'must be at most 100' };
		const { exitCode, message } = describeFailure(new RpcError(-32602, 'Invalid params', data));
		expect([exitCode, message]).toEqual([2, 'priority: must be at most 100']);
	});

	it('says what to do when the daemon does not know a request', () => {
		expect(describeFailure(new RpcError(-32601, 'Unhandled')).message).toContain(
			'semantica daemon restart',
		);
	});

	it('knows its own errors from those of the program', () => {
		expect(describeFailure(usageError('No.')).exitCode).toBe(2);
		expect(describeFailure(new CliError('No daemon.', 3)).exitCode).toBe(3);
		expect(describeFailure(new SemanticaError('SYSTEM', 'Disk full.')).wire.error.code).toBe(5002);
		expect(describeFailure(new TypeError('x is undefined')).wire.error.code).toBe(5000);
	});
});

describe('colours', () => {
	it.each([
		[true, {}, true],
		[false, {}, false],
		[true, { TERM: 'dumb' }, false],
		[true, { NO_COLOR: '1' }, false],
		[true, { NO_COLOR: '' }, true],
		[false, { FORCE_COLOR: '1' }, true],
		[false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
		[true, { FORCE_COLOR: '0' }, false],
	])('terminal %s with %o: %s', (terminal, env, wanted) =>
		expect(wantsColor(terminal, env)).toBe(wanted),
	);
});

describe('the version of Node', () => {
	it('is judged by Node-API', () => {
		expect(nodeVersionProblem({ node: '22.14.0', napi: '10' })).toBeUndefined();
		expect(nodeVersionProblem({ node: '20.20.2', napi: '9' })).toContain('this is Node 20.20.2');
		expect(nodeVersionProblem({ node: '8.0.0' })).toContain('22.15');
	});
});
