/** What the app shows of the study beside what is heard: the means of every quantizer at every rate. */
import { overSeeds, ratesOf, type StudyData } from './data.ts';
import type { Metrics } from '../result.ts';

const MEASURES = [
  'siSdr',
  'siSdrImprovement',
  'stoi',
  'pesqWb',
] as const satisfies (keyof Metrics)[];

/**
 * @returns `resources/study.json`: rows as the app's contract has them (`studyRowSchema`), the unprocessed input
 * first, as `noisy`; a rate without all of the measures is left out
 */
export function appStudy({ noisy, unquantised, families }: StudyData): string {
  const rows: object[] = [];
  if (noisy !== undefined) {
    const { siSdr, stoi, pesqWb } = noisy.metrics;
    if (siSdr !== undefined && stoi !== undefined && pesqWb !== undefined) {
      const none = { codebooks: 0, kbps: 0 };
      rows.push({ quantizer: 'noisy', ...none, siSdr, siSdrImprovement: 0, stoi, pesqWb });
    }
  }
  for (const entry of [...unquantised, ...families]) {
    for (const { codebooks, kbps } of ratesOf(entry)) {
      const values = MEASURES.map((key) => [
        key,
        overSeeds(entry, codebooks, ({ metrics }) => metrics[key])?.mean,
      ]);
      if (values.some(([, value]) => value === undefined)) continue;
      const rounded = values.map(([key, value]) => [key, Math.round(Number(value) * 1e4) / 1e4]);
      rows.push({ quantizer: entry.family, codebooks, kbps, ...Object.fromEntries(rounded) });
    }
  }
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`);
  return `{\n  "rows": [\n${lines.join(',\n')}\n  ]\n}\n`;
}
