/** Whether jobs can have terminals here. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const binary = `dist/native/pty-${process.platform}-${process.arch}.node`;

/** npm brings it for the platform that it installs for. */
export const hasTerminals = existsSync(resolve(import.meta.dirname, '../..', binary));
