export const BUNDLE: string;
export function sentences(): Readonly<Record<string, string>>;
