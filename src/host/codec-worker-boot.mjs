// Loader hooks of the parent do not reach workers in every Node version that is supported, so from sources
// the codec's worker begins here, in plain JavaScript, and registers tsx for itself.
import { register } from 'tsx/esm/api';

register();
await import('./codec-worker.ts');
