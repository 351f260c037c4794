/**
 * Taking terminal codes out of text that others wrote. Node's stripVTControlCharacters takes minutes for a MiB of
 * `ESC ]`; here no input costs more than its length.
 */

// CSI; strings (OSC, DCS, SOS, PM, APC) that end; two- and three-character codes; what is left of a broken one.
// Each part stops at the next ESC, and a string that does not end is not taken along.
const CODES = new RegExp(
	[
		'(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]?',
		'\\u001b[\\]PX^_][^\\u0007\\u001b\\n]{0,4096}(?:\\u0007|\\u001b\\\\)',
		'\\u001b[ -/]*[0-~]?',
	].join('|'),
	'g',
);

export function withoutTerminalCodes(text: string): string {
	return text.includes('\u001b') || text.includes('\u009b') ? text.replace(CODES, '') : text;
}
