/** Where texts are sent to be embedded: what a person typed, as the one address that is asked. */
import { SemanticaError } from '../../../shared/errors.ts';

export interface Endpoint {
	/** How it is asked: as OpenAI's `/v1/embeddings`, or as Ollama's `/api/embed`. */
	readonly api: 'openai' | 'ollama';
	/** What is posted to. */
	readonly url: string;
	/** What a person agrees to: scheme, host and port. */
	readonly origin: string;
}

/**
 * `http://127.0.0.1:11434` and what ends in /api is Ollama's own; what ends in /embeddings is taken as it is; to all
 * else that is appended, as in `https://host/v1`.
 * @throws SemanticaError VALIDATION at `endpoint`
 */
export function readEndpoint(text: string): Endpoint {
	const url = URL.parse(text);
	if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
		throw refused(`"${text}" is no address. Give one like http://127.0.0.1:11434/v1.`);
	}
	if (url.username !== '' || url.password !== '') {
		throw refused('An endpoint has no name and password in its address. Give its key apart.');
	}
	if (url.search !== '' || url.hash !== '') {
		throw refused('An endpoint is an address without "?" and "#".');
	}
	if (url.protocol === 'http:' && !isThisMachine(url.hostname)) {
		throw refused(
			`Texts go to other machines by https only, and ${url.origin} is plain http. Plain http is for 127.0.0.1, localhost and [::1].`,
		);
	}
	const path = url.pathname.replace(/\/+$/, '');
	const { origin } = url;
	if (path === '' || path === '/api' || path === '/api/embed') {
		return { api: 'ollama', url: `${origin}/api/embed`, origin };
	}
	const whole = path.endsWith('/embeddings') ? path : `${path}/embeddings`;
	return { api: 'openai', url: origin + whole, origin };
}

const isThisMachine = (host: string): boolean =>
	host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

const refused = (sentence: string): SemanticaError =>
	new SemanticaError('VALIDATION', sentence, { path: 'endpoint' });
