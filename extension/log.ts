/** The extension's own output channel. Lines carry the room they come from. */
import { LogLevel, type LogOutputChannel } from 'vscode';
import { LOG_LEVELS, type LogLevelName } from './contributions.ts';

export interface Log {
	error(room: string, message: string): void;
	warn(room: string, message: string): void;
	info(room: string, message: string): void;
	debug(room: string, message: string): void;
	show(): void;
}

const EDITOR_LEVEL: Record<LogLevelName, LogLevel> = {
	error: LogLevel.Error,
	warn: LogLevel.Warning,
	info: LogLevel.Info,
	debug: LogLevel.Debug,
};

export function createLog(channel: LogOutputChannel, level: () => LogLevelName): Log {
	const write = (of: LogLevelName) => (room: string, message: string) => {
		if (LOG_LEVELS.indexOf(of) > LOG_LEVELS.indexOf(level())) return;
		const line = `[${room}] ${message}`;
		// The channel's own level starts at Info; our setting must be able to show more than that.
		if (EDITOR_LEVEL[of] < channel.logLevel) channel.appendLine(`${of}: ${line}`);
		else channel[of](line);
	};
	return {
		error: write('error'),
		warn: write('warn'),
		info: write('info'),
		debug: write('debug'),
		show: () => channel.show(),
	};
}

/** Log lines of one room at the level that says what happened without alarming anybody. */
export const scoped = (log: Log, room: string) => (message: string) => log.info(room, message);
