/**
 * Raised when an older client could no longer understand us, or we it. `initialize`, `system/status` and
 * `system/drain` stay understood by all: by them builds of different protocols make way for each other.
 */
export const PROTOCOL_VERSION = 3;
