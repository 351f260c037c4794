import { expect, onTestFinished, test, vi } from 'vitest';
import type { LogRead } from '../../../daemon/queue/ports/logs.ts';
import type { Session } from '../../../daemon/rpc/asking.ts';
import { followLog, type LogDependencies } from '../../../daemon/rpc/logFollow.ts';
import { SemanticaError } from '../../../shared/errors.ts';

const END: LogRead = { text: 'all of it', offset: 0, nextOffset: 9, atEnd: true };
const facts = { finished: true, bytes: 9, began: 0 };

/** Resolves with what the client sees first: a chunk, or the end of its connection. */
function followed(read: () => LogRead): Promise<unknown> {
	return new Promise((resolve) => {
		const dependencies = {
			jobs: { logFacts: () => facts },
			feed: { onChanged: () => () => {} },
			logs: { read: async () => read(), follow: () => () => {} },
		} as unknown as LogDependencies;
		const session = {
			notify: (_method, params) => resolve(params),
			onClose: () => () => {},
			drop: (why) => resolve(why),
		} as Partial<Session> as Session;
		const how = { encoding: 'utf8', hold: false, timestamps: false } as const;
		followLog(dependencies, { id: 'a', offset: 0, ...how }, session);
	});
}

const shortage = () => Object.assign(new Error('too many open files'), { code: 'EMFILE' });

test('a log that cannot be read for a moment is read then', async () => {
	let refusals = 2;
	const first = await followed(() => {
		if (refusals-- > 0) throw shortage();
		return END;
	});
	expect(first).toMatchObject({ text: 'all of it', eof: true });
});

test('a client whose log cannot be read for long is sent away, to come back', async () => {
	let now = 0;
	vi.spyOn(performance, 'now').mockImplementation(() => now);
	onTestFinished(() => void vi.restoreAllMocks());
	const reads = vi.fn(() => {
		now += 3000;
		throw shortage();
	});
	expect(await followed(reads)).toBe('The log of job a cannot be read: too many open files');
	expect(reads).toHaveBeenCalledTimes(2);
});

test('the log of a job that was removed while followed is said to have ended', async () => {
	const first = await followed(() => {
		throw new SemanticaError('NOT_FOUND', 'There is no such job.');
	});
	expect(first).toEqual({ id: 'a', offset: 0, nextOffset: 0, text: '', eof: true });
});
