/**
 * Other people's words as Markdown that shows exactly them: no markup, no links, and lines that break between
 * words, which MarkdownString.appendText prevents.
 */
export function plainText(text: string): string {
	return text
		.replace(/\s+/g, ' ')
		.replace(/[^\p{L}\p{N} ]/gu, (sign) => `&#${sign.codePointAt(0)};`);
}
