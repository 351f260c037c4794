/** What a machine tells another one to do with a job, signed: the database that carries it could make up anything. */
import { type Identity, isSignedBy } from './trust.ts';

export type OrderKind = 'cancel' | 'pause' | 'resume';

export interface Order {
	readonly fleet: string;
	readonly id: string;
	readonly order: OrderKind;
	/** Tells two that say the same apart. */
	readonly nonce?: string;
}

export interface SealedOrder {
	/** Base64, both. */
	readonly order: string;
	readonly signature: string;
}

export function sealOrder(me: Identity, order: Order): SealedOrder {
	const bytes = Buffer.from(JSON.stringify({ v: 1, ...order }));
	return { order: bytes.toString('base64'), signature: me.sign('order', bytes) };
}

/** Whether it says this of that job, signed with the key. */
export function saysSo(sealed: SealedOrder, key: string, wanted: Order): boolean {
	const bytes = Buffer.from(sealed.order, 'base64');
	if (!isSignedBy(key, 'order', bytes, sealed.signature)) return false;
	try {
		const said = JSON.parse(bytes.toString()) as Partial<Order>;
		return said.id === wanted.id && said.order === wanted.order && said.fleet === wanted.fleet;
	} catch {
		return false;
	}
}
