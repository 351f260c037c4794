/** Numbers of variable length, seven bits a byte, the lowest first. */

/** Grows by doubling; `view` is what was written. */
export interface ByteWriter {
	readonly length: number;
	push(value: number): void;
	view(): Buffer;
}

export function createByteWriter(capacity = 1024): ByteWriter {
	let bytes = Buffer.allocUnsafe(capacity);
	let length = 0;
	return {
		get length() {
			return length;
		},
		push(value) {
			if (length + 5 > bytes.length) {
				const larger = Buffer.allocUnsafe(bytes.length * 2);
				bytes.copy(larger, 0, 0, length);
				bytes = larger;
			}
			let rest = value;
			while (rest >= 0x80) {
				bytes[length++] = (rest & 0x7f) | 0x80;
				rest >>>= 7;
			}
			bytes[length++] = rest;
		},
		view: () => bytes.subarray(0, length),
	};
}

/** @throws SegmentDamage where no number ends. */
export function readNumbers(bytes: Uint8Array): number[] {
	const numbers: number[] = [];
	let value = 0;
	let shift = 0;
	for (const byte of bytes) {
		value |= (byte & 0x7f) << shift;
		shift += 7;
		if (byte < 0x80) {
			numbers.push(value >>> 0);
			value = 0;
			shift = 0;
		}
	}
	if (shift !== 0) throw new SegmentDamage('a number does not end');
	return numbers;
}

/** A segment does not hold what its writer wrote. */
export class SegmentDamage extends Error {
	constructor(what: string) {
		super(`A segment of the index is damaged: ${what}.`);
	}
}
