/** Folders to index: many small files, and one with a word that stands nowhere else. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const RARE = {
	word: 'quokkaResonance',
	file: 'marsupials.ts',
	path: 'src/animals/marsupials.ts',
	line: 7,
};

/** @param files how many ordinary files there are beside the one with the rare word. */
export function makeWorkspace(name: string, files: number): string {
	const folder = join(mkdtempSync(join(work(), 'folder-')), name);
	for (let number = 0; number < files; number++) {
		const room = join(folder, 'src', `room-${number % 20}`);
		if (number < 20) mkdirSync(room, { recursive: true });
		writeFileSync(join(room, `service-${number}.ts`), source(number));
	}
	mkdirSync(join(folder, 'src/animals'), { recursive: true });
	writeFileSync(
		join(folder, RARE.path),
		`${'// Animals of the south.\n'.repeat(RARE.line - 1)}export const ${RARE.word} = 42;\n`,
	);
	writeFileSync(join(folder, '.gitignore'), 'dist/\n');
	commitAll(folder);
	return folder;
}

/** Something worth looking at for the pictures: this project's own sources. */
export function copyOfProject(name: string): string {
	const root = join(import.meta.dirname, '../..');
	const folder = join(mkdtempSync(join(work(), 'folder-')), name);
	for (const room of ['shared', 'daemon', 'extension']) {
		cpSync(join(root, room), join(folder, room), { recursive: true });
	}
	commitAll(folder);
	return folder;
}

const work = (): string => process.env['SEMANTICA_E2E_WORK'] ?? tmpdir();

/** A clean working tree: the editor counts changed files otherwise. */
function commitAll(folder: string): void {
	const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args]);
	git('init', '--quiet', '--initial-branch=main');
	git('add', '--all');
	git('-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', 'commit', '--quiet', '-m', 'start');
}

/** Moves HEAD. */
export function commit(folder: string): void {
	const identity = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost'];
	const change = ['commit', '--quiet', '--allow-empty', '-m', 'more'];
	execFileSync('git', ['-C', folder, ...identity, ...change]);
}

function source(number: number): string {
	const lines = [`/** Service ${number}: keeps orders and their customers in step. */`];
	for (let part = 0; part < 40; part++) {
		lines.push(
			`export function reconcileOrder${number}Part${part}(customerId: string): string {`,
			`\treturn \`order-\${customerId}-${number}-${part}\`;`,
			'}',
		);
	}
	return `${lines.join('\n')}\n`;
}
