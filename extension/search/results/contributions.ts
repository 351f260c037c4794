/** What the view of search results contributes; it is registered when it is first shown. */

export const RESULTS_VIEW = 'semantica.results';
/** Whether there are results to walk through. */
export const HAS_RESULTS = 'semantica.hasResults';

export const RESULT_COMMANDS = {
	refresh: 'semantica.results.refresh',
	copy: 'semantica.results.copy',
	clear: 'semantica.results.clear',
	next: 'semantica.results.next',
	previous: 'semantica.results.previous',
	openToSide: 'semantica.results.openToSide',
} as const;

/** Flags in a row's context value. */
export const HIT_FLAG = 'hit';
export const FILE_FLAG = 'resultFile';
