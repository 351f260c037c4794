import { expect, test } from 'vitest';
import { readEndpoint } from '../../../../daemon/indexing/meaning/endpoint.ts';

test.each([
	['http://127.0.0.1:11434', 'ollama', 'http://127.0.0.1:11434/api/embed'],
	['http://localhost:11434/api/', 'ollama', 'http://localhost:11434/api/embed'],
	['http://[::1]:11434/v1', 'openai', 'http://[::1]:11434/v1/embeddings'],
	['https://api.example.com/v1/', 'openai', 'https://api.example.com/v1/embeddings'],
	['https://EXAMPLE.com/a/embeddings', 'openai', 'https://example.com/a/embeddings'],
])('%s is asked in the way of %s at %s', (text, api, url) => {
	expect(readEndpoint(text)).toEqual({ api, url, origin: new URL(url).origin });
});

test.each([
	['http://example.com/v1', 'https only'],
	['http://127.0.0.1.example.com/v1', 'https only'],
	['http://localhost.example.com/v1', 'https only'],
	['http://0.0.0.0:1234/v1', 'https only'],
	['https://user@example.com/v1', 'name and password'],
	['https://example.com/v1?key=1', '"?"'],
	['file:///etc/passwd', 'no address'],
	['nonsense', 'no address'],
])('%s is refused: %s', (text, why) => {
	expect(() => readEndpoint(text)).toThrow(why);
});
