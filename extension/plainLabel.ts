/**
 * Words of other people for a label that may have icons: the status bar and picks would draw one for `$(sync)`.
 * Only what the editor takes for an icon is escaped; in front of anything else the backslash would show.
 */
export const plainLabel = (text: string): string =>
	text.replace(/\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/g, '\\$&');

/** The same for a notification, which would draw a link; and a link may be a command. */
export const unlinked = (message: string): string => message.replaceAll('](', '] (');
