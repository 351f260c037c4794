/**
 * The searcher: a process that comes and goes with demand, so that what searching takes is not the daemon's, with
 * threads that do it, so that a heavy search holds up no light one.
 */
import { isMainThread, workerData } from 'node:worker_threads';
import { dataPaths } from '../../../shared/paths.ts';
import { beProcess } from './host.ts';
import type { SearcherData } from './messages.ts';
import { beThread } from './thread.ts';

const [, , home = '', nativeFolder] = process.argv;

if (isMainThread) beProcess({ paths: dataPaths(home), nativeFolder });
else beThread(workerData as SearcherData);
