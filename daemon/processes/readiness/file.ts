/** Whether the file that says that a run is ready has been written since. */
import { stat } from 'node:fs/promises';
import { errorCode } from '../../../shared/errors.ts';
import { answering } from '../../disks/answering.ts';

/** A disk that is slower keeps a server waiting to be called ready, no more. */
const ANSWERS_WITHIN_MS = 5000;

/**
 * What changes when it is written or takes the place of another: two looks are compared, so no clock has a say.
 * '' where there is none. Rejects where that cannot be told.
 */
export function markOf(path: string): Promise<string> {
	const look = async () => {
		try {
			const { mtimeNs, ino, dev } = await stat(path, { bigint: true });
			return `${dev} ${ino} ${mtimeNs}`;
		} catch (error) {
			const code = errorCode(error);
			if (code === 'ENOENT' || code === 'ENOTDIR') return '';
			throw error;
		}
	};
	return answering(path, look, ANSWERS_WITHIN_MS);
}
