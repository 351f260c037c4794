/**
 * The cookie: an environment variable that every process of a job inherits, by which those that left its
 * group and session are found again (docs/processes.md section 3). It stands in the job's environment only.
 */
import { realpathSync, statSync } from 'node:fs';
import { v5 as uuidv5 } from 'uuid';

export const COOKIE_NAME = 'SEMANTICA_JOB';
const FOLDER_NAMESPACE = '0c5f4ac5-3c0a-4d3c-9f0e-6a7f9c8f2b51';

export interface Cookies {
	/** `<daemon instance>.<job id>.<run>.<data folder>` */
	of(id: string, run: number): string;
	/** Names the data folder. */
	readonly folder: string;
	/** With what the cookies of this daemon's life begin. */
	readonly prefix: string;
	/** The cookie in an environment, when it is one of an earlier daemon of this data folder. */
	earlier(environment: string): string | undefined;
}

/**
 * @param instance unique to the life of this daemon, so that what cleans up behind an earlier one can
 * never touch the jobs of this one
 */
export function createCookies(home: string, instance: string): Cookies {
	const folder = folderKey(home);
	const prefix = `${instance}.`;
	return {
		folder,
		prefix,
		of: (id, run) => `${prefix}${id}.${run}.${folder}`,
		earlier(environment) {
			const cookie = cookieIn(environment);
			if (cookie === undefined || !cookie.endsWith(`.${folder}`)) return undefined;
			return cookie.startsWith(prefix) ? undefined : cookie;
		},
	};
}

export function cookieIn(environment: string): string | undefined {
	return /(?:^|\0)SEMANTICA_JOB=([^\0]*)/.exec(environment)?.[1];
}

// By place on disk too: a copy of the folder is another folder, and its daemon must not hunt our jobs.
function folderKey(home: string): string {
	const { dev, ino } = statSync(home);
	return uuidv5(`${realpathSync(home)}:${dev}:${ino}`, FOLDER_NAMESPACE);
}
