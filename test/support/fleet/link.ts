/** A way to a server that can be cut: nothing passes then, in neither direction, and nobody is told. */
import { connect, createServer, type Socket } from 'node:net';

export interface CutLink {
	readonly port: number;
	cut(): void;
	mend(): void;
	close(): Promise<void>;
}

export async function cutLink(target: number): Promise<CutLink> {
	const open = new Set<Socket>();
	let isCut = false;
	const server = createServer((near) => {
		const far = connect(target, '127.0.0.1');
		for (const [one, other] of [
			[near, far],
			[far, near],
		] as const) {
			open.add(one);
			// As on a cut wire: what is sent is lost, and nothing comes back.
			one.on('data', (data) => {
				if (!isCut) other.write(data);
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
		mend() {
			isCut = false;
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
