type Sizes = Readonly<Record<string, number>>;
export function compareSizes(
	sizes: Sizes,
	recorded: Sizes,
): { readonly lines: string[]; readonly problems: string[] };
