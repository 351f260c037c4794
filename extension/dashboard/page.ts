/** The dashboard's page: nothing in it but what we ship, and a policy that lets nothing else in. */
import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';

/** Where what is shipped for the page stands. */
export const pageFolder = (extension: Uri): Uri => Uri.joinPath(extension, 'dist', 'dashboard');

export function pageHtml(webview: Webview, extension: Uri): string {
	const of = (file: string) => webview.asWebviewUri(Uri.joinPath(pageFolder(extension), file));
	const nonce = randomBytes(16).toString('base64url');
	const policy = [
		"default-src 'none'",
		`script-src 'nonce-${nonce}'`,
		`style-src ${webview.cspSource}`,
	].join('; ');
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Semantica Dashboard</title>
<link rel="stylesheet" href="${of('style.css')}">
</head>
<body>
<main id="dashboard"></main>
<script nonce="${nonce}" src="${of('page.js')}"></script>
</body>
</html>`;
}
