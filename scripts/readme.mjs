/**
 * The README for the editor's page of the extension, where neither our pictures nor our documents are. Its pictures
 * stay where `pictures` says under which https address the folder media/ is served.
 */
export function extensionReadme(markdown, pictures) {
	const picture = (html) => {
		const source = /<img [^>]*src="([^"]*)"/.exec(html)?.[1];
		const text = /alt="([^"]*)"/.exec(html)?.[1] ?? '';
		if (pictures === undefined || source === undefined) return '';
		return `![${text}](${pictures.replace(/\/+$/, '')}/${source})\n\n`;
	};
	return markdown
		.replaceAll(/<picture>[\s\S]*?<\/picture>\n*|<img [^>]*src="(?!https:)[^>]*>\n*/g, picture)
		.replaceAll(/!\[[^\]]*\]\((?!https:)[^)]*\)\n*/g, '')
		.replaceAll(/\[([^\]]+)\]\((?!https?:|#)[^)]*\)/g, '$1');
}
