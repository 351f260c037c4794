/** All that is played. */
import { BULKS } from './bulk.ts';
import { LOOKS } from './looks.ts';
import { PARENTS } from './parents.ts';
import type { LongStep } from './step.ts';
import { TIMES } from './time.ts';

export const LONG_STEPS: readonly LongStep[] = [...PARENTS, ...BULKS, ...TIMES, ...LOOKS];
