/** The thread that looks whether anything changed that a run depends on. */
import { workerData } from 'node:worker_threads';
import { lockedFiles } from '../../disks/lockedFiles.ts';
import { answerRequests } from '../../threads/answering.ts';
import { hashInputs, type InputRequest } from './hash.ts';
import type { InputHashingData } from './service.ts';

const isLocked = lockedFiles((workerData as InputHashingData).locked);

answerRequests({
	answer: (_method, asked, signal) => hashInputs(asked as InputRequest, isLocked, signal),
	close() {},
});
