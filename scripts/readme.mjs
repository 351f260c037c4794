/** The README for the editor's page of the extension, where neither our pictures nor our documents are. */
export function extensionReadme(markdown) {
	return markdown
		.replaceAll(/<picture>[\s\S]*?<\/picture>\n*|<img [^>]*src="(?!https:)[^>]*>\n*/g, '')
		.replaceAll(/!\[[^\]]*\]\((?!https:)[^)]*\)\n*/g, '')
		.replaceAll(/\[([^\]]+)\]\((?!https?:|#)[^)]*\)/g, '$1');
}
