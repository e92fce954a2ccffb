/** Writes what the study found: tables in training/RESULTS.md and the README, figures, all numbers as CSV, the app's. */
import { existsSync, readFileSync, rmSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeWhole } from '../json.ts';
import { studyPaths } from '../paths.ts';
import type { PlannedRun } from '../plan.ts';
import { ablationsTable } from './ablations.ts';
import { appStudy } from './app-study.ts';
import { comparisonTable } from './comparison.ts';
import { studyCsv } from './csv.ts';
import { collect, type StudyData } from './data.ts';
import { drawFigures } from './figures.ts';
import { fillSections } from './markdown.ts';
import { familiesTable, runsTable, snrTable, summaryTable } from './tables.ts';

/** Sections of a new RESULTS.md, in order; what is written around them by hand stays. */
const TEMPLATE: readonly (readonly [heading: string, name: string])[] = [
  ['Quality against bitrate', 'overview'],
  ['Every family at every rate', 'families'],
  ['The comparison', 'comparison'],
  ['By input SNR', 'snr'],
  ['Use of the codes', 'usage'],
  ['Training', 'training'],
  ['Ablations', 'ablations'],
  ['The runs', 'runs'],
];

const TITLE = `# Which quantizer is best for denoising?

Every number below is written by \`npm run study -- --stage report\` from the results in
[study/results](study/results); [study/study.csv](study/study.csv) has them all. Text outside the markers is
written by hand and kept.
`;

/**
 * Uses results only: nothing is trained or measured.
 * @param root the project
 * @returns the files written, relative to the project
 * @throws ResiduaError RESULT_CORRUPT, REPORT_MARKERS
 */
export function writeReport(root: string, plan: readonly PlannedRun[]): string[] {
  const paths = studyPaths(root);
  const data = collect(root, plan);
  const figures = drawFigures(data);
  const results = join(root, 'training', 'RESULTS.md');
  const readme = join(root, 'README.md');
  // Everything is made before anything is written.
  const documents = new Map<string, string>();
  const before = existsSync(results) ? readFileSync(results, 'utf8') : template();
  documents.set(
    results,
    fillSections(before, resultSections(root, data, figures), 'training/RESULTS.md'),
  );
  if (existsSync(readme)) {
    const text = readFileSync(readme, 'utf8');
    const filled = fillSections(text, new Map([['summary', summary(data, figures)]]), 'README.md');
    if (filled !== text) documents.set(readme, filled);
  }
  documents.set(paths.csv, studyCsv(data.runs));
  documents.set(paths.app, appStudy(data));
  for (const [name, svg] of figures) documents.set(join(paths.figures, name), svg);

  for (const [path, text] of documents) writeWhole(path, text);
  if (existsSync(paths.figures)) {
    for (const name of readdirSync(paths.figures)) {
      if (name.endsWith('.svg') && !figures.has(name)) rmSync(join(paths.figures, name));
    }
  }
  return [...documents.keys()].map((path) => relative(root, path));
}

function template(): string {
  const sections = TEMPLATE.map(
    ([heading, name]) => `## ${heading}\n\n<!-- study:${name} -->\n<!-- /study:${name} -->\n`,
  );
  return [TITLE, ...sections].join('\n');
}

function resultSections(
  root: string,
  data: StudyData,
  figures: ReadonlyMap<string, string>,
): Map<string, string> {
  const figure = (name: string, alt: string): string =>
    figures.has(`${name}.svg`) ? `![${alt}](study/figures/${name}.svg)\n\n` : '';
  const quantizers = join(root, 'training', 'quantizers');
  return new Map([
    [
      'overview',
      figure('overview', 'SI-SDR, PESQ, STOI and ESTOI against bitrate, one line per quantizer') +
        'Larger: [SI-SDR](study/figures/si-sdr.svg), [PESQ](study/figures/pesq.svg), ' +
        '[STOI](study/figures/stoi.svg), [ESTOI](study/figures/estoi.svg).',
    ],
    ['families', familiesTable(data)],
    ['comparison', comparisonTable(data, quantizers)],
    ['snr', figure('by-snr', 'The same at each SNR of the input') + snrTable(data)],
    ['usage', figure('code-usage', 'Use of every codebook') || 'Nothing is measured yet.'],
    [
      'training',
      figure('training', 'Training loss and test SI-SDR over the steps') ||
        'Nothing is trained yet.',
    ],
    ['ablations', ablationsTable(data)],
    ['runs', runsTable(data)],
  ]);
}

function summary(data: StudyData, figures: ReadonlyMap<string, string>): string {
  if (!figures.has('overview.svg')) return 'Not measured yet.';
  const alt = 'SI-SDR, PESQ, STOI and ESTOI against bitrate, one line per quantizer';
  return `![${alt}](training/study/figures/overview.svg)\n\n${summaryTable(data)}`;
}
