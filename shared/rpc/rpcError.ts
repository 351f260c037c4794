/** An error as JSON-RPC carries it: what a daemon answers with instead of a result. */
export class RpcError<D = unknown> extends Error {
	override readonly name = 'RpcError';
	readonly code: number;
	readonly data: D | undefined;

	constructor(code: number, message: string, data?: D) {
		super(message);
		this.code = code;
		this.data = data;
	}

	/** As it stands in an answer. */
	toJSON() {
		const { code, message, data } = this;
		return { code, message, data };
	}
}
