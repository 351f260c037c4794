/** Machines with a network of their own each: a namespace whose only link can be cut for real. Needs root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Link {
	/** Where this machine meets the others' servers. */
	readonly gateway: string;
	/** A Node that runs in its network, with a clock that is off by this. */
	node(folder: string, skewMs: number): string;
	/** No packet passes, in neither direction, and nobody is told. */
	cut(): void;
	mend(): void;
	/** Loses packets for so long: in bursts, since not every kernel has netem. */
	lose(ms: number): Promise<void>;
}

const SKEWED_CLOCK = new URL('./skewedClock.mjs', import.meta.url);

/** Why there can be none here, in a sentence. */
export function whyNoNetwork(): string | undefined {
	if (process.platform !== 'linux') return 'not proved: network namespaces are of Linux.';
	const name = `semantica-${process.pid}`;
	if (spawnSync('ip', ['netns', 'add', name]).status !== 0) {
		return 'not proved: network namespaces need root and iproute2.';
	}
	spawnSync('ip', ['netns', 'del', name]);
	return undefined;
}

export function makeNetwork<Name extends string>(
	names: readonly Name[],
): { readonly links: Readonly<Record<Name, Link>>; close(): void } {
	const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
	// Of this process: several may run beside each other.
	const subnet = 64 + (process.pid % 128);
	const spaces = names.map((_, n) => `sf${process.pid}-${n}`);
	const links = names.map((name, n) => {
		const space = spaces[n] ?? '';
		const [near, far] = [`sf${process.pid % 10_000}n${n}`, `sf${process.pid % 10_000}f${n}`];
		const gateway = `10.${subnet}.${n}.1`;
		ip('netns', 'add', space);
		ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far);
		ip('link', 'set', far, 'netns', space);
		ip('addr', 'add', `${gateway}/30`, 'dev', near);
		ip('link', 'set', near, 'up');
		ip('-n', space, 'addr', 'add', `10.${subnet}.${n}.2/30`, 'dev', far);
		ip('-n', space, 'link', 'set', far, 'up');
		ip('-n', space, 'link', 'set', 'lo', 'up');
		const set = (state: 'up' | 'down') => ip('link', 'set', near, state);
		const link: Link = {
			gateway,
			node(folder, skewMs) {
				const file = join(folder, `node-${name}`);
				const clock = skewMs === 0 ? '' : `--import '${SKEWED_CLOCK.href}?ms=${skewMs}' `;
				// Not `ip netns exec`, which hides the control groups.
				const line = `exec nsenter --net=/var/run/netns/${space} '${process.execPath}' ${clock}"$@"`;
				writeFileSync(file, `#!/bin/sh\n${line}\n`);
				chmodSync(file, 0o755);
				return file;
			},
			cut: () => set('down'),
			mend: () => set('up'),
			async lose(ms) {
				const end = performance.now() + ms;
				while (performance.now() < end) {
					set('down');
					await delay(40);
					set('up');
					await delay(120);
				}
			},
		};
		return [name, link] as const;
	});
	return {
		links: Object.fromEntries(links) as Record<Name, Link>,
		close() {
			// With a namespace goes its end of the link, and so the other one.
			for (const space of spaces) spawnSync('ip', ['netns', 'del', space]);
		},
	};
}
