import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { errorMessage } from '../common/errors.ts';
import { studyRowSchema, type StudyRow } from '../ipc/app/compare.ts';
import type { Problem } from '../ipc/messages.ts';

/** What `npm run study -- --stage report` leaves for the app, in `resources/`. */
export const STUDY_FILE = 'study.json';

const studySchema = z.object({ rows: z.array(studyRowSchema) });

export interface Study {
  readonly rows: readonly StudyRow[];
  readonly problem: Problem | null;
}

/** The shipped study; one that cannot be read is a problem and no rows. */
export async function readStudy(resourcesFolder: string): Promise<Study> {
  const path = join(resourcesFolder, STUDY_FILE);
  try {
    const { rows } = studySchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return { rows, problem: null };
  } catch (error) {
    const why = error instanceof z.ZodError ? 'it is of another version' : errorMessage(error);
    const problem = {
      code: 'STUDY_UNREADABLE',
      message: `The figures of the study cannot be shown: ${why}`,
      hint: 'Install Residua again.',
    };
    return { rows: [], problem };
  }
}
