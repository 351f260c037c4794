/** A way to a server that can be cut: nothing passes then, in neither direction, and nobody is told. */
import { connect, createServer, type Socket } from 'node:net';

export interface CutLink {
	readonly port: number;
	cut(): void;
	/** `silently`: what was open stays dead, and nobody is told; what is opened from now on lives. */
	mend(how?: { readonly silently: boolean }): void;
	close(): Promise<void>;
}

export async function cutLink(target: number): Promise<CutLink> {
	const open = new Set<Socket>();
	let isCut = false;
	let life = 0;
	const server = createServer((near) => {
		const born = life;
		const far = connect(target, '127.0.0.1');
		for (const [one, other] of [
			[near, far],
			[far, near],
		] as const) {
			open.add(one);
			// As on a cut wire: what is sent is lost, and nothing comes back.
			one.on('data', (data) => {
				if (!isCut && born === life) other.write(data);
			});
			one.on('error', () => other.destroy());
			one.on('close', () => {
				open.delete(one);
				other.destroy();
			});
		}
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	const address = server.address();
	return {
		port: typeof address === 'object' && address !== null ? address.port : 0,
		cut() {
			isCut = true;
		},
		mend({ silently } = { silently: false }) {
			isCut = false;
			life++;
			if (silently) return;
			// What was lost in between leaves no connection whole.
			for (const socket of open) socket.destroy();
		},
		close: () =>
			new Promise((closed) => {
				for (const socket of open) socket.destroy();
				server.close(() => closed());
			}),
	};
}
