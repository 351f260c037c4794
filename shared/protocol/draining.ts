/** How a daemon leaves that was asked to (docs/design.md section 7). */
import * as z from 'zod';

/**
 * `whenIdle` takes and starts everything until nothing runs; `handover` starts nothing more and keeps what is
 * enqueued for its successor; `finish` takes nothing more; `stop` ends what runs.
 */
export const DRAIN_MODES = ['whenIdle', 'handover', 'finish', 'stop'] as const;
export type DrainMode = (typeof DRAIN_MODES)[number];

export const drainingSchema = z.object({ mode: z.enum(DRAIN_MODES), reason: z.string() });
export type Draining = z.output<typeof drainingSchema>;
