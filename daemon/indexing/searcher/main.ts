/**
 * The searcher: a process that comes and goes with demand, so that what searching takes is not the daemon's, with
 * threads that do it, so that a heavy search holds up no light one.
 */
import { isMainThread, workerData } from 'node:worker_threads';
import { beProcess } from './host.ts';
import type { SearcherData } from './messages.ts';
import { beThread } from './thread.ts';

if (isMainThread) beProcess(JSON.parse(process.argv[2] ?? '') as SearcherData);
else beThread(workerData as SearcherData);
