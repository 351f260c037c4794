/** Terminals for runs that ask for one, each held by a process of its own (decision 36). */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import { inheritedEnvironment } from '../../../shared/environment.ts';
import { errorMessage } from '../../../shared/errors.ts';
import { nodeArguments } from '../../../shared/nodeArguments.ts';
import type { TerminalSize } from '../containment.ts';
import type { TerminalAnswer } from './messages.ts';

export interface TerminalMeans {
	/** The Node, or Electron, that is there to run it. */
	readonly node: () => string;
	/** dist/terminal.js */
	readonly entry: string;
	/** The module that opens terminals on this platform. */
	readonly binary: string;
}

export interface Terminal {
	/** Of the device: whoever leads a session and opens it has it as controlling terminal. */
	readonly path: string;
	/** All that is written there. */
	readonly stdout: Readable;
	/** Nothing: a terminal has one stream. */
	readonly stderr: Readable;
	/** The job has ended: once nobody has the terminal any more, the output ends. */
	release(): void;
	/** Calls back where it is gone before it was released. */
	onLost(callback: () => void): void;
}

/** For people, in a sentence. */
export function describeTerminals(means: TerminalMeans | undefined): string {
	return means !== undefined && existsSync(means.binary)
		? 'Jobs that ask for a terminal have one.'
		: 'There are none here: jobs that ask for one run without.';
}

const OPENED_WITHIN_MS = 10_000;

/** @returns a sentence that says why not, where none is to be had */
export async function openTerminal(
	{ node, entry, binary }: TerminalMeans,
	{ columns, rows }: TerminalSize,
): Promise<Terminal | string> {
	if (!existsSync(binary)) return `${binary} is missing`;
	const program = node();
	const args = [...nodeArguments(program), entry, binary, String(columns), String(rows)];
	let child: ChildProcess;
	try {
		child = spawn(program, args, {
			cwd: '/',
			env: { ...inheritedEnvironment(process.env), ELECTRON_RUN_AS_NODE: '1' },
			// Ctrl-C where the daemon was started is not for the terminals of its jobs.
			detached: true,
			stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
		});
	} catch (error) {
		return errorMessage(error);
	}
	const answer = await answerOf(child);
	if ('problem' in answer) {
		child.kill('SIGKILL');
		return answer.problem;
	}
	return held(child, answer.path);
}

function answerOf(child: ChildProcess): Promise<TerminalAnswer> {
	return new Promise((resolve) => {
		const timer = setTimeout(
			() => resolve({ problem: 'the process that is to open one does not answer' }),
			OPENED_WITHIN_MS,
		);
		const answered = (answer: TerminalAnswer) => {
			clearTimeout(timer);
			resolve(answer);
		};
		child.once('message', (message) => answered(message as TerminalAnswer));
		child.once('error', (error) => answered({ problem: errorMessage(error) }));
		child.once('exit', () => answered({ problem: 'the process that is to open one has ended' }));
	});
}

function held(child: ChildProcess, path: string): Terminal {
	const stdout = child.stdout as Readable;
	let released = false;
	let gone = false;
	let lost: () => void = () => {};
	child.removeAllListeners('message');
	child.on('error', () => {});
	child.once('exit', () => {
		gone = true;
		if (!released) lost();
	});
	// Who holds the terminal open beyond its run keeps nobody.
	stdout.once('close', () => {
		if (!gone) child.kill('SIGKILL');
	});
	return {
		path,
		stdout,
		stderr: new PassThrough().end(),
		release() {
			released = true;
			if (child.connected) child.send('ended', () => {});
		},
		onLost(callback) {
			lost = callback;
			if (gone && !released) callback();
		},
	};
}
