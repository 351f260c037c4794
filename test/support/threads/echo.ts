/** A thread, or a process, that answers what it was asked with it. */
import { answerRequests, answerRequestsOfParent } from '../../../daemon/threads/answering.ts';

const answering = { answer: async (_method: string, asked: unknown) => asked, close() {} };
if (process.argv.includes('--process')) answerRequestsOfParent(answering);
else answerRequests(answering);
