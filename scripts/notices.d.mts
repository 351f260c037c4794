export function thirdPartyNotices(files: readonly string[]): string;
