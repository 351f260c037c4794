/** Why a job's program was not begun: what the supervisor's child left in the status file, as a sentence. */
import { constants, type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { answering } from '../../disks/answering.ts';
import { noexecMount } from '../../disks/mounts.ts';
import type { RunOutcome } from '../../queue/ports/runs.ts';
import type { Status } from './statusFiles.ts';

type Refused = Extract<Status, { kind: 'refused' }>;
type SpawnOutcome = Extract<RunOutcome, { kind: 'spawn' }>;

/** Longer than this nobody waits for a closer look. */
const LOOK_MS = 2000;
const HEAD_BYTES = 256;

export async function refusalOf({ why, what }: Refused): Promise<SpawnOutcome> {
	switch (why) {
		case 'NOFOLDER':
			return spawn('ECWD', `The working folder ${what} does not exist or is not a folder.`);
		case 'SHUTFOLDER':
			return spawn('ECWD', `The working folder ${what} may not be entered.`);
		case 'LIMITS':
			return spawn(
				'LIMITS',
				`The job could not be put into ${what}, which limits it. Try again, or leave its limits out.`,
			);
		case 'GONE':
			return spawn('ENOENT', `There is no program ${what}.`);
		case 'UNKNOWN':
			return spawn(
				'ENOENT',
				`The program "${what}" was not found in the PATH of this job. Install it, or give its full path.`,
			);
		case 'SHUT':
			return spawn('EACCES', (await whyShut(what)) ?? shut(what));
		default:
			return (await whyNotBegun(what)) ?? spawn('EXEC', `${what} could not be begun. ${SEE_LOG}`);
	}
}

/**
 * What a shell makes of a program that the kernel does not take: it reads it as a script, and says something
 * about its first bytes. Undefined where the program is none of those, `absent` where there is none.
 */
export async function foreignProgram(file: string): Promise<SpawnOutcome | 'absent' | undefined> {
	const head = await look(file, () => headOf(file).catch(() => 'absent' as const));
	if (head === undefined || head === 'absent') return head;
	return notForThisMachine(file, head, await hasEmulators());
}

const SEE_LOG = 'Its log has what the shell said.';

function shut(file: string): string {
	return `${file} cannot be run: it is a folder or not executable. Make it executable, or name the program that runs it.`;
}

async function whyShut(file: string): Promise<string | undefined> {
	return look(file, async () => {
		const found = await stat(file, { bigint: true });
		if (!found.isFile() || (found.mode & 0o111n) === 0n) return undefined;
		const mount = noexecMount(found.dev);
		if (mount === undefined) return undefined;
		return `${file} cannot be run: nothing may be run from ${mount}, which is mounted noexec. Copy it elsewhere, or name the program that runs it, as in: sh ${file}`;
	});
}

async function whyNotBegun(file: string): Promise<SpawnOutcome | undefined> {
	const head = await look(file, () => headOf(file));
	if (head === undefined) return undefined;
	const interpreter = interpreterOf(head);
	if (interpreter === undefined) return notForThisMachine(file, head, await hasEmulators());
	if (interpreter.endsWith('\r')) {
		const name = interpreter.slice(0, -1);
		return spawn(
			'ENOENT',
			`${file} cannot be run: its first line ends as on Windows, so its interpreter would be "${name}\\r". Save it with Unix line ends, as in: sed -i 's/\\r$//' ${file}`,
		);
	}
	return spawn(
		'ENOENT',
		`${file} cannot be run: its first line names the interpreter ${interpreter}, which is not there or cannot be run. Install it, or change that line.`,
	);
}

/** What the line after #! names. */
function interpreterOf(head: Buffer): string | undefined {
	return /^#![ \t]*([^ \t\n]+)/.exec(head.toString('latin1'))?.[1];
}

/** e_machine of ELF, for those that a machine of ours may be. */
const MACHINES: Readonly<Record<number, string>> = {
	3: 'ia32',
	8: 'mips',
	20: 'ppc',
	21: 'ppc64',
	22: 's390x',
	40: 'arm',
	62: 'x64',
	183: 'arm64',
	243: 'riscv64',
	258: 'loong64',
};
/** What the kernels of some run besides. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
	x64: ['ia32'],
	arm64: ['arm'],
	ppc64: ['ppc'],
};

/** Undefined where it may well be: then something else was wrong. */
export function notForThisMachine(
	file: string,
	head: Buffer,
	emulators: boolean,
	arch: string = process.arch,
): SpawnOutcome | undefined {
	if (head.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
	const damaged = spawn(
		'ENOEXEC',
		`${file} cannot be run: it begins like a program, but is damaged or incomplete. Build or download it again.`,
	);
	if (head.length < 52) return damaged;
	const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
	const name = MACHINES[machine];
	if (name === arch || (name !== undefined && ALSO[arch]?.includes(name) === true))
		return undefined;
	// An interpreter for other machines may have run it: what came of that is its own doing.
	if (emulators) return undefined;
	if (machine === 0) return damaged;
	const what = name ?? `another machine (number ${machine})`;
	return spawn(
		'ENOEXEC',
		`${file} cannot be run: it was made for ${what}, and this machine is ${arch}. Build or download it for ${arch}.`,
	);
}

const EMULATORS = '/proc/sys/fs/binfmt_misc';

/** Whether the kernel hands programs for other machines to somebody who can run them. */
async function hasEmulators(): Promise<boolean> {
	const names = await readdir(EMULATORS).catch(() => []);
	const entries = names.map((name) => readFile(join(EMULATORS, name), 'latin1').catch(() => ''));
	return (await Promise.all(entries)).some((entry) => /^enabled.*magic 7f454c46/s.test(entry));
}

async function headOf(file: string): Promise<Buffer> {
	let handle: FileHandle | undefined;
	try {
		handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
		const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
		return buffer.subarray(0, bytesRead);
	} finally {
		await handle?.close();
	}
}

/** Undefined where it cannot be looked at, or not soon. */
function look<T>(file: string, how: () => Promise<T>): Promise<T | undefined> {
	return answering(file, how, LOOK_MS).catch(() => undefined);
}

function spawn(code: string, message: string): SpawnOutcome {
	return { kind: 'spawn', code, message };
}
