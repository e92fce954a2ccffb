/** Entry of a worker process, see `pool.ts`. */
import { serveWork } from './serve-work.ts';

serveWork();
