export const TARGETS: Readonly<Record<string, readonly string[]>>;
export const UNIVERSAL: string;
export function binariesOf(target: string): string[];
export function lacks(nativeFolder: string, target: string): string[];
export function platformOf(content: Buffer): string | undefined;
