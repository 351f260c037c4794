// As an extension of somebody else would be written: docs/sdk.md shows the same.
const vscode = require('vscode');

/** @param {import('vscode').ExtensionContext} context */
exports.activate = (context) => {
	/** @type {Promise<import('../../../sdk/api.ts').Client> | undefined} */
	let connected;
	const client = () => {
		connected ??= (async () => {
			const semantica = await vscode.extensions.getExtension('semantica.semantica').activate();
			if (semantica.version !== 1) throw new Error('This Semantica is too new for Guest.');
			const connection = await semantica.connect({ name: 'guest' });
			await connection.work({
				'guest.greet': async ({ name }, { log, progress }) => {
					progress({ current: 1, total: 1, unit: 'greetings' });
					log(`Hello, ${name}!`);
					return { greeted: name };
				},
			});
			return connection;
		})();
		return connected;
	};
	context.subscriptions.push(
		vscode.commands.registerCommand('guest.greet', async () => {
			const semantica = await client();
			const [id] = await semantica.enqueue({
				type: 'guest.greet',
				title: 'Greet the world',
				payload: { name: 'world' },
			});
			const { jobs } = await semantica.wait([id]);
			await vscode.window.showInformationMessage(
				`Guest: ${jobs[0].state}, ${JSON.stringify(jobs[0].result)}`,
			);
		}),
		{ dispose: () => void connected?.then((connection) => connection.close()) },
	);
};
