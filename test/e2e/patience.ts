/** How long anything may take: none of it is about speed, and a machine may be many times slower than this one. */
export const PATIENCE_MS = 180_000;
