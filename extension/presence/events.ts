/** Jobs wait for these by their names. */
export const EVENTS = {
	committed: 'git.commit',
	opened: 'workspace.opened',
	closed: 'window.closed',
} as const;
