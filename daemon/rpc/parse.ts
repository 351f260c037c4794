/** From the body of a frame to a message. */
import { isUtf8 } from 'node:buffer';
import { RPC_CODES } from '../../shared/errors.ts';
import { FrameError } from '../../shared/rpc/framing.ts';
import type { Message } from '../../shared/rpc/messages.ts';
import { keepPayloadTexts } from './payloadText.ts';

/** @throws FrameError */
export function parseMessage(body: Buffer): Message {
	// Decoding would put U+FFFD where a byte is wrong, and nobody would ever know.
	if (!isUtf8(body)) throw new FrameError('A frame does not hold UTF-8.', RPC_CODES.parseError);
	const text = body.toString('utf8');
	let message: unknown;
	try {
		message = JSON.parse(text);
	} catch {
		throw new FrameError('A frame does not hold JSON.', RPC_CODES.parseError);
	}
	if (typeof message !== 'object' || message === null || Array.isArray(message)) {
		throw new FrameError('A frame does not hold a JSON-RPC message (batches are not part of LSP).');
	}
	keepPayloadTexts(message as Record<string, unknown>, body, text);
	return message as Message;
}
