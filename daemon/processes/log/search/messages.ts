/** What the threads that look for lines are started with and asked for. */
import type { Params, Result } from '../../../../shared/protocol/requests.ts';
import type { LogPiece } from '../../../queue/ports/logs.ts';
import type { Scanned, ScanRequest } from '../../problems/scan.ts';

export interface LogSearchData {
	/** `logs/` in the data folder. */
	readonly root: string;
}

export type LogSearchMethods = {
	readonly search: {
		params: Params<'log/search'> & { readonly pieces?: readonly LogPiece[] };
		result: Result<'log/search'>;
	};
	/** Whether a pattern may say that a run is ready. */
	readonly check: { params: { readonly pattern: string }; result: undefined };
	readonly match: {
		params: { readonly pattern: string; readonly lines: readonly string[] };
		result: boolean;
	};
	/** What programs report as errors. */
	readonly problems: { params: ScanRequest; result: Scanned };
};
