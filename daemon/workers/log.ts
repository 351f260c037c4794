/** The log of a function: there is none before it says something. */
import type { JobRow } from '../queue/store/rows.ts';

export interface LogFile {
	append(bytes: Buffer, source?: 'stdout' | 'semantica'): Promise<void>;
	close(): Promise<void>;
	readonly end: number;
}

/** As the processes room keeps logs. */
export interface FunctionLogs {
	openWriter(id: string, from?: number): Promise<LogFile>;
	closeWriter(id: string): Promise<void>;
	/** The line by which runs are told apart in the log of a job. */
	marker(run: number, attempt: number): string;
	/** ISO 8601. */
	time(): string;
}

export interface FunctionLog {
	/** Resolves when it is written. */
	write(text: string): Promise<void>;
	note(sentence: string): void;
	/** Resolves with the length of the log. */
	close(): Promise<number>;
}

export function createFunctionLog(
	row: Pick<JobRow, 'id' | 'run' | 'attempt' | 'log_bytes'>,
	logs: FunctionLogs,
): FunctionLog {
	let opened: Promise<LogFile> | undefined;

	async function begin(): Promise<LogFile> {
		const file = await logs.openWriter(row.id, row.log_bytes);
		await file.append(Buffer.from(logs.marker(row.run, row.attempt)), 'semantica');
		return file;
	}

	function open(): Promise<LogFile> {
		opened ??= begin();
		return opened;
	}

	return {
		async write(text) {
			const line = text.endsWith('\n') ? text : `${text}\n`;
			await (await open()).append(Buffer.from(line), 'stdout');
		},
		note(sentence) {
			const line = Buffer.from(`[semantica] ${logs.time()} ${sentence}\n`);
			// A log that cannot be written says so through the output of the run itself.
			void open()
				.then((file) => file.append(line, 'semantica'))
				.catch(() => {});
		},
		async close() {
			if (opened === undefined) return row.log_bytes;
			try {
				const file = await opened;
				await file.close();
				return file.end;
			} catch {
				return row.log_bytes;
			} finally {
				await logs.closeWriter(row.id);
			}
		},
	};
}
