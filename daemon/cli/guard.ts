/**
 * Imported before everything else by main.ts: an old Node gets a sentence
 * before any module that it could not even evaluate.
 */
import { nodeVersionProblem } from '../../shared/nodeVersion.ts';

const problem = nodeVersionProblem(process.versions);
if (problem !== undefined) {
	process.stderr.write(`${problem}\n`);
	process.exit(1);
}

// Node would open its debugger to every user of the machine. Windows has no such signal.
if (process.platform !== 'win32') process.on('SIGUSR1', () => {});
