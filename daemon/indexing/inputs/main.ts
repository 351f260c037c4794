/** The thread that looks whether anything changed that a run depends on. */
import { answerRequests } from '../../threads/answering.ts';
import { hashInputs, type InputRequest } from './hash.ts';

answerRequests({
	answer: (_method, asked, signal) => hashInputs(asked as InputRequest, signal),
	close() {},
});
