// Loader hooks of the parent do not reach workers in every Node version that is supported, so the
// mixing worker begins here, in plain JavaScript, and registers tsx for itself.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
