/**
 * The lifeline supervisor (docs/processes.md section 2): a tiny sh that leads a session and process group of
 * its own and holds the read end of a pipe. Whatever ends the daemon closes that pipe in the kernel, and
 * the watcher kills its own group: no pid is stored, so no stranger can be hit, and nothing has to be
 * alive to do it. The job's exit code goes to a file, for a daemon that was away when the job ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { errorCode, errorMessage } from '../../../shared/errors.ts';
import { type Launch, SpawnError } from '../containment.ts';
import { COOKIE_NAME } from '../cookie.ts';
import type { Terminal } from '../terminal/open.ts';
import type { Pace } from './pace.ts';
import type { OutputPipes } from './pipes.ts';
import { splitEnvironment } from './shellVariables.ts';

const LIFELINE_FD = 3;
const PIPES = ['pipe', 'pipe'] as const;
const NOTHING = ['ignore', 'ignore'] as const;
/** Gives the job its priority. It also stands between env(1) and a program with = in its path, which that would
 * take for one more variable. Nothing where the system has none. */
const NICE = ['/usr/bin/nice', '/bin/nice'].find((file) => existsSync(file)) ?? '';

// It waits for its watcher before it kills the group and itself, because a zombie that pid 1 is slow to reap
// would keep the group alive. What the shell itself has to say (Killed, Terminated) is not the job's output.
// Its variables have names of their own, because sh would export changes to those that the job was given.
// TERM may come before there is a job to hear it. So the watcher first begins the status file, and a job whose
// status file is there does not begin. (By `true`, since `:` would end the shell where it cannot be written.)
// All that touches what the client named is done by the child that becomes the job: a folder that does not answer
// keeps that child waiting, and nobody else. Why the job was not begun it leaves in the status file: refusal.ts.
// What the run cost, and who is left of it in its control group, it leaves beside the status file: cost.ts.
// Arguments: status file, cookie or nothing, control group or nothing, a file to read before the job begins or nothing,
// a word where what outlives the job may stay, a terminal or nothing, the same again where that is its stdin too, then the job: its folder, umask, limit of open files, niceness, three control groups of v1 that cap it or nothing,
// program and arguments; without these,
// the name of that file comes later, on stdin.
// Who leads a session and opens a terminal has it as the session's own, with its group in the foreground: so the
// supervisor opens it first, and the job is held by group and session as any other.
const SCRIPT = `_semantica_st=$1 _semantica_ck=$2 _semantica_cg=$3 _semantica_job=$4 _semantica_lv=$5 _semantica_tt=$6 _semantica_ti=$7; shift 7
trap '' HUP INT QUIT PIPE ALRM TERM USR1 USR2
( while read -r _semantica_m <&3; do
    true >>"$_semantica_st"
    case $_semantica_m in TERM|INT|HUP|USR1|USR2|CONT) kill -s "$_semantica_m" 0;; esac
  done
  [ -z "$_semantica_cg" ] || echo 1 >"$_semantica_cg/cgroup.kill"
  kill -s KILL 0 ) </dev/null >/dev/null 2>&1 &
_semantica_w=$!
echo "$_semantica_w" >&3
exec 3<&- 4>&2 2>/dev/null
trap : HUP INT QUIT PIPE ALRM TERM USR1 USR2
[ -z "$_semantica_tt" ] || true <>"$_semantica_tt"
( [ -z "$_semantica_cg" ] || echo 0 >"$_semantica_cg/cgroup.procs"
  _semantica_odd=
  [ $# -gt 0 ] || IFS= read -r _semantica_job || exit 143
  [ -z "$_semantica_job" ] || . "$_semantica_job" || exit 143
  _semantica_cwd=$1 _semantica_um=$2 _semantica_nf=$3 _semantica_ni=$4 _semantica_g=$5 _semantica_h=$6 _semantica_i=$7 _semantica_p=$8; shift 8
  _semantica_no() { echo "$1 $2" >"$_semantica_st"; exit 126; }
  for _semantica_g in "$_semantica_g" "$_semantica_h" "$_semantica_i"; do
    [ -z "$_semantica_g" ] || echo 0 >"$_semantica_g/cgroup.procs" || _semantica_no LIMITS "$_semantica_g"
  done
  cd "$_semantica_cwd" || { [ ! -d "$_semantica_cwd" ] || _semantica_no SHUTFOLDER "$_semantica_cwd"; _semantica_no NOFOLDER "$_semantica_cwd"; }
  unset OLDPWD
  case $_semantica_p in
    */*) [ -e "$_semantica_p" ] || _semantica_no GONE "$_semantica_p"
      [ -f "$_semantica_p" ] && [ -x "$_semantica_p" ] || _semantica_no SHUT "$_semantica_p";;
    *) _semantica_r=$PATH: _semantica_f= _semantica_d=
      while [ -n "$_semantica_r" ]; do
        _semantica_d=\${_semantica_r%%:*} _semantica_r=\${_semantica_r#*:}
        case $_semantica_d in '') _semantica_d=$_semantica_cwd;; /*) ;; *) _semantica_d=$_semantica_cwd/$_semantica_d;; esac
        _semantica_d=\${_semantica_d%/}/$_semantica_p
        [ -f "$_semantica_d" ] && [ -x "$_semantica_d" ] && break
        [ -n "$_semantica_f" ] || [ ! -e "$_semantica_d" ] || _semantica_f=$_semantica_d
        _semantica_d=
      done
      [ -n "$_semantica_d" ] || { [ -z "$_semantica_f" ] || _semantica_no SHUT "$_semantica_f"; _semantica_no UNKNOWN "$_semantica_p"; }
      _semantica_p=$_semantica_d;;
  esac
  set -- "$_semantica_p" "$@"
  if [ "$_semantica_ni" != 0 ]; then set -- ${NICE} -n "$_semantica_ni" "$@"
  elif [ -n "$_semantica_odd" ]; then case $1 in *=*) set -- ${NICE} -n 0 "$@";; esac
  fi
  [ -z "$_semantica_odd" ] || eval "$_semantica_odd"
  umask "$_semantica_um"
  ulimit -S -n "$_semantica_nf"
  [ -z "$TMPDIR" ] || [ -d "$TMPDIR" ] || unset TMPDIR
  ${COOKIE_NAME}=$_semantica_ck; export ${COOKIE_NAME}
  [ ! -e "$_semantica_st" ] || exit 143
  [ -z "$_semantica_tt" ] || { true <>"$_semantica_tt" || exit 143; exec 4<>"$_semantica_tt" >&4; }
  [ -z "$_semantica_ti" ] || exec <&4
  trap '_semantica_no EXEC "$_semantica_p"' 0
  exec "$@" 2>&4 4>&- )
_semantica_rc=$?
trap '' HUP INT QUIT PIPE ALRM TERM USR1 USR2
{ times; while read -r _semantica_m; do echo "$_semantica_m"; done </proc/$$/io
  [ -z "$_semantica_cg" ] || while read -r _semantica_m; do
    case $_semantica_m in $$|$_semantica_w) continue;; esac
    read -r _semantica_p </proc/$_semantica_m/comm && echo "left $_semantica_m $_semantica_p"
  done <"$_semantica_cg/cgroup.procs"
} >"$_semantica_st.cost"
if [ -f "$_semantica_st" ] && [ -s "$_semantica_st" ] || echo "$_semantica_rc" >"$_semantica_st"; then
  kill -s KILL "$_semantica_w"
  wait "$_semantica_w"
  [ -n "$_semantica_lv" ] || kill -s KILL 0
fi
exit "$_semantica_rc"`;

export interface Supervisor {
	readonly child: ChildProcess;
	readonly pid: number;
	/** Null unless it waits for its job. */
	readonly stdin: Writable | null;
	readonly stdout: Readable;
	readonly stderr: Readable;
	readonly lifeline: Lifeline;
	/** Pid of the process that watches the lifeline; undefined when the supervisor ended before it told. */
	readonly watcher: Promise<number | undefined>;
}

export interface Lifeline {
	send(message: 'TERM'): void;
	/** Closing it makes the watcher kill the group. */
	destroy(): void;
	/** Calls back when it closes, whoever closed it. */
	onClose(callback: () => void): void;
}

export interface SupervisorOptions {
	readonly statusFile: string;
	/** Undefined where there is none. */
	readonly cgroup: string | undefined;
	/** Undefined: Node makes them. */
	readonly pipes: OutputPipes | undefined;
	/** Instead of pipes. */
	readonly terminal?: Terminal | undefined;
	readonly pace: Pace;
}

/**
 * @param folders control groups of v1 that cap it
 * @throws SpawnError when nothing was started.
 */
export async function startSupervisor(
	launch: Launch,
	cookie: string,
	folders: readonly string[],
	options: SupervisorOptions,
): Promise<Supervisor> {
	const { plain, odd } = splitEnvironment(launch.env);
	// Everybody may read the arguments of a process, and those of the supervisor for as long as the job runs.
	const jobFile = odd.length > 0 ? `${options.statusFile}.job` : '';
	let input: number | undefined;
	try {
		if (launch.input !== null) input = openSync(launch.input, 'r');
		if (jobFile !== '') writeJobFile(jobFile, oddVariables(odd));
		const supervisor = await start(options, {
			args: [
				cookie,
				options.cgroup ?? '',
				jobFile,
				launch.leaveBehind ? 'leave' : '',
				options.terminal?.path ?? '',
				input === undefined ? (options.terminal?.path ?? '') : '',
				...jobArguments(launch, folders),
			],
			env: plain,
			stdin: input ?? 'ignore',
			what: launch.command,
		});
		if (jobFile !== '') supervisor.child.once('exit', () => removeFile(jobFile));
		return supervisor;
	} catch (error) {
		if (jobFile !== '') removeFile(jobFile);
		if (error instanceof SpawnError) throw error;
		throw new SpawnError(
			errorCode(error) ?? 'SPAWN',
			`The environment or input of ${launch.command} could not be handed over: ${errorMessage(error)}.`,
		);
	} finally {
		if (input !== undefined) closeSync(input);
	}
}

/** Whoever calls has nobody to tell where it cannot be removed; the next start of the daemon does it. */
export function removeFile(file: string): void {
	try {
		rmSync(file, { force: true });
	} catch {
		// A disk that is read-only by now, mostly.
	}
}

/** What a supervisor reads before its job begins, for nobody else's eyes. @throws where it cannot be written. */
export function writeJobFile(file: string, script: string): void {
	if (script.includes('\0')) throw new Error('it holds a NUL');
	writeFileSync(file, script, { mode: 0o600, flag: 'wx' });
}

/**
 * A supervisor whose job comes later: it waits for the name of a file with `jobScript` on its stdin.
 * @throws SpawnError when nothing was started.
 */
export function startWaitingSupervisor(options: SupervisorOptions): Promise<Supervisor> {
	return start(options, {
		args: ['', options.cgroup ?? '', '', '', '', ''],
		env: {},
		stdin: 'pipe',
		what: 'The supervisor',
	});
}

/** What a waiting supervisor needs to know of its job. */
export function jobScript(launch: Launch, cookie: string, folders: readonly string[]): string {
	const { plain, odd } = splitEnvironment(launch.env);
	const lines = [
		`_semantica_ck=${quote(cookie)}`,
		...Object.entries(plain).map(([name, value]) => `export ${name}=${quote(value)}`),
		`exec <${quote(launch.input ?? '/dev/null')}`,
		`set -- ${words(jobArguments(launch, folders))}`,
	];
	return lines.map((line) => `${line}\n`).join('') + oddVariables(odd);
}

/** Puts env(1) with the variables that sh cannot carry before the command line. */
function oddVariables(odd: readonly string[]): string {
	if (odd.length === 0) return '';
	return `_semantica_odd=${quote(`set -- ${words(['/usr/bin/env', '--', ...odd])} "$@"`)}\n`;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const words = (texts: readonly string[]): string => texts.map(quote).join(' ');

interface SupervisorProcess {
	/** Cookie, control group, file to read, whether what it leaves may stay, terminal, and the job. */
	readonly args: readonly string[];
	readonly env: Record<string, string>;
	readonly stdin: 'pipe' | 'ignore' | number;
	/** Names it in errors. */
	readonly what: string;
}

async function start(
	{ statusFile, pipes, terminal, pace }: SupervisorOptions,
	process: SupervisorProcess,
): Promise<Supervisor> {
	await pace();
	const output = terminal === undefined ? (pipes?.job ?? PIPES) : NOTHING;
	const child = await spawnShell(statusFile, process, output);
	if (terminal !== undefined) child.once('exit', terminal.release);
	const pipe = child.stdio[LIFELINE_FD] as Duplex;
	pipe.on('error', () => {});
	const watcher = new Promise<number | undefined>((resolve) => {
		pipe.once('data', (data) => resolve(Number.parseInt(String(data), 10) || undefined));
		pipe.once('close', () => resolve(undefined));
	});
	return {
		child,
		pid: child.pid as number,
		stdin: child.stdin,
		stdout: (terminal ?? pipes)?.stdout ?? (child.stdout as Readable),
		stderr: (terminal ?? pipes)?.stderr ?? (child.stderr as Readable),
		watcher,
		lifeline: {
			send: (message) => pipe.write(`${message}\n`),
			destroy: () => pipe.destroy(),
			onClose: (callback) => pipe.once('close', callback),
		},
	};
}

async function spawnShell(
	statusFile: string,
	{ args, env, stdin, what }: SupervisorProcess,
	output: typeof PIPES | typeof NOTHING | readonly [number, number],
): Promise<ChildProcess> {
	try {
		const child = spawn('/bin/sh', ['-c', SCRIPT, 'semantica', statusFile, ...args], {
			// Whoever spawns waits until the child is in its folder: that is never one that a client named.
			cwd: '/',
			env,
			// A session and process group of its own: without it, `kill 0` would reach the daemon.
			detached: true,
			stdio: [stdin, ...output, 'pipe'],
		});
		if (child.pid === undefined) {
			throw await new Promise((resolve) => child.once('error', resolve));
		}
		return child;
	} catch (error) {
		const code = errorCode(error) ?? 'SPAWN';
		throw new SpawnError(code, `${what} could not be started: ${whyNot(code, error)}.`);
	}
}

function whyNot(code: string, error: unknown): string {
	switch (code) {
		case 'E2BIG':
			return 'its arguments and environment are larger than the system allows; put large input into the payload';
		case 'EAGAIN':
			return 'the system has no room for more processes; end some, or raise the limit (ulimit -u)';
		case 'EMFILE':
		case 'ENFILE':
			return 'too many files are open; lower the number of jobs that run at once, or raise the limit (ulimit -n)';
		case 'ENOENT':
			return '/bin/sh is missing';
		default:
			return errorMessage(error);
	}
}

/** What the supervisor is told of the job; names without a folder are looked for in the job's own PATH. */
function jobArguments(
	{ cwd, umask, openFiles, nice, command, args }: Launch,
	folders: readonly string[],
): string[] {
	const [first = '', second = '', third = ''] = folders;
	return [
		cwd,
		umask.toString(8).padStart(4, '0'),
		String(openFiles),
		NICE === '' ? '0' : String(nice),
		first,
		second,
		third,
		command.includes('/') ? resolve(cwd, command) : command,
		...args,
	];
}
