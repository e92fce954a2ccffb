import { moduleUrl } from '../../common/module-url.ts';

/** Where a worker process begins, as source or as built. */
export const workEntry = (): URL => moduleUrl('./work-main', import.meta.url);
