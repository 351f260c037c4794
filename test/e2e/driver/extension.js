/**
 * Another extension in the same window, as test/e2e/driver.ts asks it: a line of JSON {id, method, params} on the
 * socket that SEMANTICA_E2E_DRIVER names, answered by one {id, result} or {id, error}.
 */
const { createServer } = require('node:net');
const { createInterface } = require('node:readline');
const vscode = require('vscode');

const cancellable = new Map();

/** A model's own way of counting is not there; any does. */
const countTokens = async (text) => Math.ceil(text.length / 4);

const methods = {
	tools: () => vscode.lm.tools.map(({ name, description }) => ({ name, description })),
	async invoke({ name, input, tokenBudget }, id) {
		const source = new vscode.CancellationTokenSource();
		cancellable.set(id, source);
		const tokenizationOptions = tokenBudget && { tokenBudget, countTokens };
		const options = { input, toolInvocationToken: undefined, tokenizationOptions };
		try {
			const { content } = await vscode.lm.invokeTool(name, options, source.token);
			return content.map(({ value }) => value).join('');
		} finally {
			cancellable.delete(id);
		}
	},
	cancel: ({ id }) => cancellable.get(id)?.cancel(),
	set: ({ key, value }) =>
		vscode.workspace.getConfiguration().update(key, value, vscode.ConfigurationTarget.Global),
	/** The servers of all providers; resolves when their tools are known. */
	startServers: () =>
		vscode.commands.executeCommand('workbench.mcp.startServer', '*', {
			autoTrustChanges: true,
			waitForLiveTools: true,
		}),
};

function serve(socket) {
	socket.on('error', () => {});
	createInterface(socket).on('line', async (line) => {
		const { id, method, params } = JSON.parse(line);
		const answer = (more) => socket.write(`${JSON.stringify({ id, ...more })}\n`);
		try {
			answer({ result: (await methods[method](params, id)) ?? null });
		} catch (error) {
			answer({ error: { name: error.name, message: error.message } });
		}
	});
}

exports.activate = (context) => {
	const server = createServer(serve).listen(process.env.SEMANTICA_E2E_DRIVER);
	context.subscriptions.push({ dispose: () => server.close() });
};
