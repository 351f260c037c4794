/** Properties take the seed that everything random in a test run takes. */
import fc from 'fast-check';
import { chooseSeed } from './random.ts';

fc.configureGlobal({ seed: chooseSeed(process.env) });
