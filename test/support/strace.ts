/** A daemon under strace: what it asks of the kernel in which order, and a SIGKILL at an exact call. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './daemon.ts';

/** Why system calls cannot be traced here; undefined where they can. */
export function whyNoStrace(): string | undefined {
	if (process.platform !== 'linux') return 'strace is a tool of Linux';
	const { error, status } = spawnSync('strace', ['-f', '-e', 'trace=fsync', 'true'], {
		stdio: 'ignore',
	});
	if (error !== undefined) return 'strace is not installed (Debian: apt-get install strace)';
	return status === 0 ? undefined : 'strace may not trace here';
}

/** A program that runs Node under strace with these arguments; one thread does all file work, so calls can be counted. */
export function straced(args: readonly string[]): string {
	const wrapper = join(temporaryFolder(), 'node');
	const quoted = [...args, process.execPath].map((arg) => `'${arg}'`).join(' ');
	writeFileSync(wrapper, `#!/bin/sh\nUV_THREADPOOL_SIZE=1 exec strace -f ${quoted} "$@"\n`);
	chmodSync(wrapper, 0o755);
	return wrapper;
}

/** One system call; `begin` and `end` are its places in the order of all events. */
export interface Call {
	readonly name: string;
	readonly thread: string;
	/** Its arguments as strace prints them, descriptors with their paths. */
	readonly args: string;
	readonly begin: number;
	end: number;
}

/** The calls in a trace made with `-f -y -o file`. */
export function readTrace(file: string): Call[] {
	const calls: Call[] = [];
	const open = new Map<string, Call>();
	if (!existsSync(file)) return calls;
	for (const [at, line] of readFileSync(file, 'utf8').split('\n').entries()) {
		const resumed = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/.exec(line);
		if (resumed !== null) {
			const call = open.get(`${resumed[1]} ${resumed[2]}`);
			if (call !== undefined) call.end = at;
			continue;
		}
		const begun = /^(\d+) +(\w+)\((.*)$/.exec(line);
		if (begun === null) continue;
		const [, thread = '', name = '', args = ''] = begun;
		const unfinished = args.endsWith('<unfinished ...>');
		const call: Call = {
			name,
			thread,
			args,
			begin: at,
			end: unfinished ? Number.POSITIVE_INFINITY : at,
		};
		if (unfinished) open.set(`${thread} ${name}`, call);
		calls.push(call);
	}
	return calls;
}

/** The bytes of all strings among a call's arguments, in a trace made with `-xx`. */
export function hexBytes(args: string): Buffer {
	const strings = args.match(/"(?:\\x[0-9a-f]{2})*"/g) ?? [];
	return Buffer.from(strings.join('').replaceAll(/[\\x"]/g, ''), 'hex');
}
