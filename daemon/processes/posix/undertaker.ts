/**
 * The undertaker: one sh beside the daemon, on a lifeline of its own. When the daemon ends, however it ends,
 * it kills the groups of all runs (a job may have stopped its own group, watcher included, or be paused)
 * and then hunts for the daemon's cookie until two rounds in a row find nobody.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { COOKIE_NAME } from '../cookie.ts';

// Arguments: cookie prefix or nothing, grep or nothing, control group of all runs or nothing, folder of the
// status files, which are named as the groups are: what these tell of cost goes there. Without grep
// the shell reads the environments itself: slower, and still right.
const SCRIPT = `prefix=$1 grep=$2 cgroup=$3 statuses=$4
trap '' HUP INT QUIT PIPE ALRM TERM USR1 USR2
runs= left=
while read -r op id born <&3; do
  case $op in
    P) runs="$runs $id:$born";;
    R) kept=
       for r in $runs; do [ "\${r%%:*}" = "$id" ] || kept="$kept $r"; done
       runs=$kept;;
    L) left="$left $id";;
  esac
done
[ -z "$cgroup" ] || echo 1 >"$cgroup/cgroup.kill"
for r in $runs; do
  id=\${r%%:*} born=\${r#*:}
  if [ "$born" != - ] && read -r stat </proc/"$id"/stat; then
    set -- \${stat##*")"}
    shift 19
    [ "$1" = "$born" ] || continue
  fi
  kill -s KILL -- "-$id"
done
holders() {
  if [ -n "$grep" ]; then
    "$grep" -lsF -e "$prefix" /proc/[0-9]*/environ
  else
    for d in /proc/[0-9]*; do
      while IFS= read -r line || [ -n "$line" ]; do
        case $line in *"$prefix"*) echo "$d/environ"; break;; esac
      done <"$d/environ"
    done
  fi
}
spared() {
  [ -n "$left" ] || return 1
  while IFS= read -r line || [ -n "$line" ]; do
    for c in $left; do
      case $line in *"$c"*) return 0;; esac
    done
  done <"/proc/$1/environ"
  return 1
}
clean=0 rounds=0
[ -n "$prefix" ] || clean=2
while [ "$clean" -lt 2 ] && [ "$rounds" -lt 500 ]; do
  clean=$((clean + 1)) rounds=$((rounds + 1))
  for f in $(holders); do
    f=\${f#/proc/}
    f=\${f%/environ}
    spared "$f" && continue
    clean=0
    kill -s KILL "$f"
  done
done
[ -z "$cgroup" ] || for d in "$cgroup"/*/; do
  d=\${d%/}
  [ -d "$d" ] || continue
  { while read -r line; do echo "$line"; done <"$d/cpu.stat"
    read -r line <"$d/memory.peak" && echo "peak $line"
    while read -r line; do echo "$line"; done <"$d/io.stat"
  } >>"$statuses/\${d##*/}.cost"
done
[ -z "$cgroup" ] || rmdir "$cgroup"/*/ "$cgroup"`;

const LIFELINE_FD = 3;
/** After this many deaths of the undertaker in one daemon's life somebody is at it: it is left dead. */
const MAX_STARTS = 100;

export interface UndertakerOptions {
	/** Undefined where environments of processes cannot be read: then only groups are killed. */
	readonly cookiePrefix: string | undefined;
	readonly cgroup: string | undefined;
	readonly statusFolder: string;
	readonly warn: (sentence: string) => void;
	/** Undefined: the shell does without. */
	readonly grep?: string | undefined;
}

export class Undertaker {
	readonly #options: UndertakerOptions;
	readonly #groups = new Map<number, string>();
	/** Cookies of runs whose processes may stay. */
	readonly #spared = new Set<string>();
	#child: ChildProcess | undefined;
	#starts = 0;
	#closed = false;

	constructor(options: UndertakerOptions) {
		this.#options = options;
		this.#start();
	}

	/** Undefined when it could not be started, or was killed too often. */
	get pid(): number | undefined {
		return this.#child?.pid;
	}

	/** @param startTime of the group's leader; undefined where it cannot be checked by a shell */
	watch(group: number, startTime: string | undefined): void {
		this.#groups.set(group, startTime ?? '-');
		// It could not be started for want of a descriptor or a process, which may be over; it is told of all groups.
		if (this.#child === undefined && !this.#closed && this.#starts < MAX_STARTS) this.#start();
		else this.#tell(`P ${group} ${startTime ?? '-'}\n`);
	}

	/** The group's leader has ended and was reaped: its number may soon be a stranger's. */
	release(group: number): void {
		if (this.#groups.delete(group)) this.#tell(`R ${group}\n`);
	}

	/** What carries this cookie is not to be killed. */
	spare(cookie: string): void {
		this.#spared.add(cookie);
		this.#tell(`L ${cookie}\n`);
	}

	/** It does its work one last time and ends. */
	close(): void {
		this.#closed = true;
		this.#pipe?.destroy();
	}

	get #pipe(): Writable | undefined {
		// Without a descriptor for it a child is made that has nothing, not even this list.
		return this.#child?.stdio?.[LIFELINE_FD] as Writable | undefined;
	}

	#tell(line: string): void {
		this.#pipe?.write(line);
	}

	#start(): void {
		const { cookiePrefix, cgroup, statusFolder, grep = findGrep() } = this.#options;
		const prefix = cookiePrefix === undefined ? '' : `${COOKIE_NAME}=${cookiePrefix}`;
		const args = ['-c', SCRIPT, 'semantica-undertaker', prefix, grep, cgroup ?? '', statusFolder];
		const child = spawn('/bin/sh', args, {
			cwd: '/',
			env: { LC_ALL: 'C' },
			detached: true,
			stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
		});
		this.#starts++;
		this.#child = child;
		child.unref();
		child.once('error', (error) => {
			this.#child = undefined;
			this.#options.warn(
				`The process that cleans up behind the daemon could not be started (${error.message}): should the daemon die, a job that left its process group would be found only at the next start.`,
			);
		});
		child.once('exit', () => this.#died());
		this.#pipe?.on('error', () => {});
		for (const [group, born] of this.#groups) this.#tell(`P ${group} ${born}\n`);
		for (const cookie of this.#spared) this.#tell(`L ${cookie}\n`);
	}

	#died(): void {
		this.#child = undefined;
		if (this.#closed) return;
		const again = this.#starts < MAX_STARTS;
		this.#options.warn(
			`The process that cleans up behind the daemon was killed${again ? ' and has been replaced' : ' too often and is not replaced until the daemon restarts'}.`,
		);
		if (again) this.#start();
	}
}

function findGrep(): string {
	return ['/usr/bin/grep', '/bin/grep'].find((file) => existsSync(file)) ?? '';
}
