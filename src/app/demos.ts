import { join } from 'node:path';
import { toProblem } from '../common/problem.ts';
import { readDemoList } from '../enhance/demo-list.ts';
import type { Demo } from '../ipc/app/compare.ts';
import type { Problem } from '../ipc/messages.ts';

export interface Demos {
  readonly demos: readonly Demo[];
  /** Why there are none. */
  readonly problem?: Problem;
}

/** @returns what ships with the app to be compared by ear, as the window lists it */
export async function readDemos(resourcesFolder: string): Promise<Demos> {
  try {
    const list = await readDemoList(join(resourcesFolder, 'demo'));
    return { demos: list.map(({ title, snrDb }) => ({ title, snrDb })) };
  } catch (error) {
    return { demos: [], problem: toProblem(error) };
  }
}
