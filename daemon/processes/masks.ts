/** Secrets of a run: what must not be read in its log, its progress, its result, its errors. */

/** Stands for each of them. */
const MASKED = '***';
/** Shorter ones are in too many words; longer ones and more of them than anybody has. Bytes. */
const MIN_BYTES = 6;
const MAX_BYTES = 64 * 1024;
const MAX_SECRETS = 1000;

/** Variables whose values are taken for secrets, by their names. */
const SECRET_NAME =
	/SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_?KEY|(^|_)(KEY|PASS|PAT)$/i;

/** One stream of bytes, in which a secret may come in pieces. */
export interface MaskedStream {
	/** What may be shown. What may turn out to be the beginning of a secret comes later. */
	push(chunk: Buffer): Buffer;
	end(): Buffer;
}

export interface Masks {
	/** From now on; with each of its lines, as text of several lines is often printed in parts. */
	add(secret: string): void;
	text(text: string): string;
	/** JSON text stays JSON. */
	json(text: string): string;
	stream(): MaskedStream;
}

export function secretsOf(env: Readonly<Record<string, string>>): string[] {
	return Object.entries(env).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
}

/** Bytes are looked at as Latin-1, a character each. */
export function createMasks(known: readonly string[]): Masks {
	const secrets = new Set<string>();
	let pattern: RegExp | undefined;

	function add(secret: string): void {
		for (const one of [secret, ...secret.split(/\r?\n/)]) {
			const inJson = JSON.stringify(one).slice(1, -1);
			for (const text of [one, inJson]) {
				const bytes = Buffer.from(text).toString('latin1');
				if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) continue;
				if (secrets.size < MAX_SECRETS) secrets.add(bytes);
			}
		}
		// The longest first: one may begin as another.
		const all = [...secrets].sort((a, b) => b.length - a.length).map(escaped);
		pattern = all.length === 0 ? undefined : new RegExp(all.join('|'), 'g');
	}

	/** Where the end of a text begins that may be the beginning of a secret. */
	function openEnd(text: string): number {
		let open = text.length;
		for (const secret of secrets) {
			const first = secret.charAt(0);
			const from = Math.max(0, text.length - secret.length + 1);
			let at = text.indexOf(first, from);
			while (at !== -1 && at < open && !secret.startsWith(text.slice(at))) {
				at = text.indexOf(first, at + 1);
			}
			if (at !== -1) open = Math.min(open, at);
		}
		return open;
	}

	function masked(text: string): string {
		if (pattern === undefined) return text;
		const bytes = Buffer.from(text).toString('latin1');
		return Buffer.from(bytes.replace(pattern, MASKED), 'latin1').toString();
	}

	for (const secret of known) add(secret);
	return {
		add,
		text: masked,
		json(text) {
			const shown = masked(text);
			return shown === text || isJson(shown) ? shown : JSON.stringify(MASKED);
		},
		stream() {
			let held = '';
			return {
				push(chunk) {
					if (pattern === undefined) return chunk;
					const text = held + chunk.toString('latin1');
					let open = openEnd(text);
					let shown = '';
					let at = 0;
					for (const { 0: secret, index } of text.matchAll(pattern)) {
						// What begins there may be the beginning of a longer one.
						if (index >= open) break;
						shown += text.slice(at, index) + MASKED;
						at = index + secret.length;
					}
					open = Math.max(open, at);
					held = text.slice(open);
					return Buffer.from(shown + text.slice(at, open), 'latin1');
				},
				end() {
					const rest = pattern === undefined ? held : held.replace(pattern, MASKED);
					held = '';
					return Buffer.from(rest, 'latin1');
				},
			};
		},
	};
}

function escaped(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}
