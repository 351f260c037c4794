/**
 * The opening of a connection, answered from constants. Hosts start every server at each window they open and ask it
 * for no more than its tools; the library takes three times as long to load as Node takes to start
 * (docs/decisions/0018-mcp-opening.md). Whatever is not recognised to the letter is the library's to answer.
 */
import type { McpOptions } from '../options.ts';
import {
	CAPABILITIES,
	HANDSHAKE_VERSIONS,
	INSTRUCTIONS,
	listsOf,
	MODERN,
	SERVER_NAME,
} from './identity.ts';

export interface Message {
	readonly jsonrpc: '2.0';
	readonly id?: string | number;
	readonly method?: string;
	readonly params?: Readonly<Record<string, unknown>>;
	readonly result?: unknown;
	readonly error?: unknown;
}

export interface Opening {
	/** The answer; nothing where none is due; undefined where the library has to see it. */
	receive(message: Message): Message | 'nothing' | undefined;
	/** What the library has to be told first, to be where the client believes us to be. */
	readonly said: readonly Message[];
}

type Params = Readonly<Record<string, unknown>>;

const META = 'io.modelcontextprotocol/';
/** What a list or a handshake may be asked with; anything else is looked at by the library. */
const ENVELOPE = ['protocolVersion', 'clientInfo', 'clientCapabilities'].map((key) => META + key);
const PROGRESS = 'progressToken';
/** Told by hosts of their own accord; nothing is running here, and the folders are arguments. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
	'notifications/cancelled',
	'notifications/roots/list_changed',
]);

export function createOpening(
	options: Pick<McpOptions, 'readOnly' | 'elsewhere'>,
	version: string,
): Opening {
	const lists: ReadonlyMap<string, object> = new Map(Object.entries(listsOf(options)));
	const serverInfo = { name: SERVER_NAME, version };
	const said: Message[] = [];

	/** Results of the revision without a handshake say who answers, and for how long that holds. */
	const modern = (result: object) => ({
		...result,
		resultType: 'complete',
		ttlMs: 0,
		cacheScope: 'private',
		_meta: { [`${META}serverInfo`]: serverInfo },
	});

	function handshake(params: Params): object | undefined {
		const { protocolVersion: asked, capabilities, clientInfo, ...more } = params;
		if (said.length > 0 || Object.keys(more).length > 0) return undefined;
		if (typeof asked !== 'string' || !isObject(capabilities) || !isNamed(clientInfo)) {
			return undefined;
		}
		const known = HANDSHAKE_VERSIONS.find((one) => one === asked);
		const protocolVersion = known ?? HANDSHAKE_VERSIONS[0];
		return { protocolVersion, capabilities: CAPABILITIES, serverInfo, instructions: INSTRUCTIONS };
	}

	function resultOf(method: string, params: Params): object | undefined {
		const isModern = hasEnvelope(params);
		if (method === 'initialize') return isModern ? undefined : handshake(params);
		if (!isModern && said.length === 0) return undefined;
		if (isModern && said.length > 0) return undefined;
		const { _meta: meta = {}, ...others } = params;
		if (Object.keys(others).length > 0) return undefined;
		if (!isModern && !(isObject(meta) && Object.keys(meta).every((key) => key === PROGRESS))) {
			return undefined;
		}
		if (method === 'ping') return isModern ? undefined : {};
		const result =
			method === 'server/discover' && isModern
				? {
						supportedVersions: [MODERN],
						capabilities: CAPABILITIES,
						instructions: INSTRUCTIONS,
					}
				: lists.get(method);
		return result === undefined || !isModern ? result : modern(result);
	}

	return {
		said,
		receive(message) {
			const { id, method, params = {} } = message;
			if (method === undefined || !isObject(params)) return undefined;
			if (id === undefined) {
				if (WITHOUT_EFFECT.has(method)) return 'nothing';
				if (method !== 'notifications/initialized' || said.length !== 1) return undefined;
				said.push(message);
				return 'nothing';
			}
			if (typeof id !== 'string' && !Number.isInteger(id)) return undefined;
			const result = resultOf(method, params);
			if (result === undefined) return undefined;
			if (method === 'initialize') said.push(message);
			return { jsonrpc: '2.0', id, result };
		},
	};
}

function isObject(value: unknown): value is Params {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamed(value: unknown): boolean {
	return (
		isObject(value) && typeof value['name'] === 'string' && typeof value['version'] === 'string'
	);
}

function hasEnvelope({ _meta: meta }: Params): boolean {
	if (!isObject(meta)) return false;
	const [version = '', client = '', capabilities = ''] = ENVELOPE;
	return (
		Object.keys(meta).every((key) => key === PROGRESS || ENVELOPE.includes(key)) &&
		meta[version] === MODERN &&
		isNamed(meta[client]) &&
		isObject(meta[capabilities])
	);
}
