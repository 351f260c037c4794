import { describe, expect, it } from 'vitest';
import { createNodeProgram } from '../../../daemon/instance/node.ts';

function node({ there, image }: { there: string[]; image?: string }) {
	const files = new Set(there);
	const program = createNodeProgram({
		own: '/nvm/22/node',
		image,
		exists: (file) => files.has(file),
	});
	return { program, remove: (file: string) => files.delete(file) };
}

describe('the Node that programs of ours run on', () => {
	it('is the daemon’s own while it is there', () => {
		const { program } = node({ there: ['/nvm/22/node', '/nvm/24/node'] });
		program.offered('/nvm/24/node');
		expect(program.path()).toBe('/nvm/22/node');
		expect(program.problem()).toBeUndefined();
	});

	it('is the latest that a client runs on and that is there', () => {
		const { program, remove } = node({ there: ['/usr/bin/node', '/nvm/24/node'] });
		for (const offer of ['/nvm/24/node', '/usr/bin/node', '/gone/node']) program.offered(offer);
		expect(program.path()).toBe('/usr/bin/node');
		expect(program.problem()).toMatch(
			/^The Node .* \/nvm\/22\/node, has been removed\. Index jobs run on \/usr\/bin\/node meanwhile\.$/,
		);
		remove('/usr/bin/node');
		expect(program.path()).toBe('/nvm/24/node');
	});

	it('is what the system still holds of it, where no client has one', () => {
		const { program } = node({ there: ['/proc/1/exe'], image: '/proc/1/exe' });
		expect(program.path()).toBe('/proc/1/exe');
		expect(program.problem()).toContain('what the daemon still holds of it');
	});

	it('is named where there is none at all', () => {
		const { program } = node({ there: [] });
		expect(program.path()).toBe('/nvm/22/node');
		expect(program.problem()).toContain('Index jobs fail until the daemon runs on another one.');
	});

	it('is remembered for a bounded number of clients', () => {
		const { program } = node({ there: ['/node/0'] });
		for (let client = 0; client < 100; client++) program.offered(`/node/${client}`);
		expect(program.problem()).toContain('fail');
	});
});
