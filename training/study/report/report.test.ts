import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyRowSchema, type StudyRow } from '../../../src/ipc/app/compare.ts';
import { studyPaths } from '../paths.ts';
import { readResult } from '../result.ts';
import { codeLines, countLines } from './code-lines.ts';
import { fakePlan, writeFakeResults } from './fake-results.ts';
import { spreadOut } from './line-panel.ts';
import { fillSections, fixed, signed, withSpread } from './markdown.ts';
import { writeReport } from './report.ts';
import { doublingScale, linearScale } from './scale.ts';
import { picture, text } from './svg.ts';

let folder: string;
const plan = fakePlan();
const QUANTIZERS = join(import.meta.dirname, '..', '..', 'quantizers');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'residua-report-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A project with made-up results. */
function project(name: string): string {
  const root = join(folder, name);
  mkdirSync(root);
  writeFakeResults(root, plan);
  return root;
}
function filesOf(root: string): Map<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.sort().map((path) => [path.slice(root.length), readFileSync(path, 'utf8')]));
}

/** Throws unless tags match and attributes are quoted, once each, and nothing is left unescaped. */
function checkXml(xml: string): void {
  const open: string[] = [];
  const rest = xml.replaceAll(
    /<(\/?)([a-z]+)((?: [A-Za-z0-9:-]+="[^"<]*")*)(\/?)>/g,
    (_, end: string, name: string, attributes: string, empty: string) => {
      const names = [...attributes.matchAll(/ ([A-Za-z0-9:-]+)="/g)].map(([, key]) => key);
      if (new Set(names).size !== names.length) throw new Error(`${name} repeats an attribute`);
      if (end === '') {
        if (empty === '') open.push(name);
      } else if (open.pop() !== name) throw new Error(`</${name}> closes something else`);
      return '';
    },
  );
  if (open.length > 0) throw new Error(`${open.join()} not closed`);
  const stray = /[<>]|&(?!(amp|lt|gt|quot);)/.exec(
    `${rest}${xml.match(/="[^"]*"/g)?.join('') ?? ''}`,
  );
  if (stray !== null) throw new Error(`unescaped ${stray[0]}`);
}

describe('the report', () => {
  it('says everything that was measured', () => {
    const root = project('complete');
    cpSync(QUANTIZERS, join(root, 'training/quantizers'), { recursive: true });
    const written = writeReport(root, plan);
    expect(written).toContain('training/RESULTS.md');
    const results = readFileSync(join(root, 'training/RESULTS.md'), 'utf8');
    for (const { label } of plan.filter(({ group }) => group === 'family' || group === 'base')) {
      if (label.includes('seed')) continue;
      expect(results).toContain(`| ${label} |`);
    }
    expect(results).toMatch(/\| noisy input \|.*\| 5\.00 \|/);
    expect(results).toMatch(/\| RVQ \| 16 \| 16 \| [\d.]+ ± [\d.]+ \|/);
    expect(results).toMatch(/\| rates of one model \| 1 only \| 1 to 16 in 16 steps \|/);
    expect(results).toMatch(/\| effective kbit\/s at 1 \| 0\.97 \|/);
    expect(results).toMatch(/\| codebooks of 256 \\\| not 1024 \| RVQ \| 0\.8 \|/);
    expect(results).toMatch(/\| {2}\| {2}\| 7\.2 \| [\d.]+ \(≈ [+−][\d.]+\)/);
    expect(results).toMatch(/\| {2}\| {2}\| 16 \| [\d.]+ \([+−][\d.]+\)/);
    expect(results).toContain('300 steps, 2.00 h, 55 min (the other 500 steps)');
    expect(results).toContain('diverged; Training diverged at step 120');
    expect(results).toContain('collapsed codebooks: 3');
    expect(results).toContain('not run yet');
    expect(results).toMatch(/lines, own \/ with what it shares \| \d+ \/ \d+ \|/);
    expect(results).not.toMatch(/undefined|\| NaN|\[object/);
    // Every picture that is shown was written.
    for (const [, path] of results.matchAll(/\]\((study\/[^)]+)\)/g)) {
      expect(existsSync(join(root, 'training', path!)), path).toBe(true);
    }
  });

  it('gives the app the means of every quantizer at every rate', () => {
    const root = project('app');
    expect(writeReport(root, plan)).toContain('resources/study.json');
    const { rows } = JSON.parse(readFileSync(studyPaths(root).app, 'utf8')) as {
      rows: StudyRow[];
    };
    for (const row of rows) studyRowSchema.parse(row);
    const { siSdr } = rows.find(({ quantizer }) => quantizer === 'noisy')!;
    expect(siSdr).toBe(5);
    const rates = (id: string) =>
      rows.filter(({ quantizer }) => quantizer === id).map(({ codebooks }) => codebooks);
    expect(rates('none')).toEqual([0]);
    expect(rates('vq')).toEqual([1]);
    expect(rates('rvq')).toEqual([1, 2, 4, 8, 16]);
    // The mean of both seeds, and nothing of the ablations.
    const seeds = ['rvq', 'rvq-seed2'].map((id) => readResult(studyPaths(root).result(id))!);
    const mean = seeds.reduce((sum, { rates }) => sum + rates.at(-1)!.metrics.siSdr! / 2, 0);
    expect(rows.filter(({ quantizer }) => quantizer === 'rvq').at(-1)!.siSdr).toBeCloseTo(mean, 4);
    expect(new Set(rows.map(({ quantizer }) => quantizer)).size).toBe(9);
  });

  it('is the same to the byte for the same results, also over an old report', () => {
    const [one, two] = [project('one'), project('two')];
    writeReport(one, plan);
    writeReport(two, plan);
    const first = filesOf(one);
    expect(first).toEqual(filesOf(two));
    writeReport(one, plan);
    expect(filesOf(one)).toEqual(first);
  });

  it('keeps what was written by hand and fills only its sections', () => {
    const root = project('hand');
    const readme =
      '# Mine\r\n\n<!-- study:summary -->\nold\n<!-- /study:summary -->\n\nMore of mine.\n';
    writeFileSync(join(root, 'README.md'), readme);
    writeFileSync(
      join(root, 'training/RESULTS.md'),
      'Found:\n<!-- study:runs --><!-- /study:runs -->\nEnd.',
    );
    writeReport(root, plan);
    const filled = readFileSync(join(root, 'README.md'), 'utf8');
    expect(filled).toMatch(
      /^# Mine\r\n\n<!-- study:summary -->\n!\[[\s\S]*\| RVQ \|[\s\S]*\n<!-- \/study:summary -->\n\nMore of mine\.\n$/,
    );
    expect(filled).not.toContain('old');
    expect(filled).toContain('(training/study/figures/overview.svg)');
    const results = readFileSync(join(root, 'training/RESULTS.md'), 'utf8');
    expect(results).toMatch(/^Found:\n<!-- study:runs -->\n[\s\S]*\n<!-- \/study:runs -->\nEnd\.$/);
    expect(results).not.toContain('study:families');
  });

  it('writes nothing when a marker is broken', () => {
    const root = project('broken');
    writeFileSync(join(root, 'README.md'), 'text\n<!-- study:summary -->\nno end\n');
    expect(() => writeReport(root, plan)).toThrow(
      expect.objectContaining({ code: 'REPORT_MARKERS' }),
    );
    expect(existsSync(join(root, 'training/RESULTS.md'))).toBe(false);
  });

  it('works before anything is measured, and removes figures that nothing stands behind', () => {
    const root = join(folder, 'empty');
    mkdirSync(join(root, 'training/study/figures'), { recursive: true });
    writeFileSync(join(root, 'training/study/figures/old.svg'), '<svg/>');
    writeReport(root, plan);
    expect(readFileSync(join(root, 'training/RESULTS.md'), 'utf8')).toContain('0 of 13 runs done');
    expect(readdirSync(join(root, 'training/study/figures'))).toEqual([]);
  });

  it('says that a config changed since it was measured', () => {
    const root = project('stale');
    const changed = plan.map((run) => (run.id === 'pq' ? { ...run, configHash: 'other' } : run));
    writeReport(root, changed);
    expect(readFileSync(join(root, 'training/RESULTS.md'), 'utf8')).toContain(
      'done; config changed since',
    );
  });

  it('puts every number into the CSV', () => {
    const root = project('csv');
    writeReport(root, plan);
    const [head, ...rows] = readFileSync(studyPaths(root).csv, 'utf8').trim().split('\n');
    const columns = head!.split(',').length;
    expect(rows.every((row) => row.split(',').length === columns)).toBe(true);
    expect(rows).toContain('rvq,family,rvq,done,8,8,noisy,,3,,usage,0.96');
    expect(rows).toContain('base,base,none,done,,,unprocessed,-5,,,siSdr,-5');
    expect(rows.some((row) => row.startsWith('pq,family,pq,done,16,16,clean,all,,,siSdr,'))).toBe(
      true,
    );
    expect(
      rows.some((row) =>
        row.startsWith('gumbel-cold,ablation,gumbel,diverged,,,,,,6,trainingLoss,'),
      ),
    ).toBe(true);
  });
});

describe('figures', () => {
  it('are well-formed and name every series', () => {
    const root = project('figures');
    writeReport(root, plan);
    const figures = studyPaths(root).figures;
    const names = readdirSync(figures).sort();
    expect(names).toEqual(['by-snr.svg', 'code-usage.svg', 'estoi.svg', 'overview.svg', 'pesq.svg', 'si-sdr.svg', 'stoi.svg', 'training.svg']); // prettier-ignore
    for (const name of names) {
      const svg = readFileSync(join(figures, name), 'utf8');
      checkXml(svg);
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(svg).toContain('fill="#ffffff"');
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      for (const label of ['RVQ', 'SimVQ (residual)', 'Gumbel-Softmax', 'FSQ']) {
        expect(svg, name).toContain(`>${label}<`);
      }
    }
  });

  it('escape what people write', () => {
    const svg = picture(10, 10, 'a < b & "c"', '</desc>', text(0, 0, '<b>&', { fill: '"' }));
    checkXml(svg);
    expect(svg).toContain('&lt;b&gt;&amp;');
    expect(() => checkXml('<a><b></a></b>')).toThrow();
    expect(() => checkXml('<a>&</a>')).toThrow();
  });
});

describe('scales', () => {
  it('have round ticks around all values', () => {
    const scale = linearScale([-3.2, 9.1], 100, 0);
    expect(scale.ticks.map(({ label }) => label)).toEqual(['−5', '0', '5', '10']);
    expect(scale.at(-5)).toBeCloseTo(100);
    expect(scale.at(10)).toBeCloseTo(0);
    expect(linearScale([0.81, 0.86], 0, 1).ticks.map(({ label }) => label)).toEqual(
      ['0.81', '0.82', '0.83', '0.84', '0.85', '0.86'], // prettier-ignore
    );
    for (const values of [[], [7, 7], [0, 0], [NaN, 3]]) {
      const { at, ticks } = linearScale(values, 0, 100);
      expect(ticks.length).toBeGreaterThan(1);
      expect(Number.isFinite(at(3))).toBe(true);
    }
  });

  it('double', () => {
    const scale = doublingScale([0.8, 16], 0, 100);
    expect(scale.ticks.map(({ label }) => label)).toEqual(['1', '2', '4', '8', '16']);
    expect(scale.at(0.8)).toBeCloseTo(0);
    expect(scale.at(16)).toBeCloseTo(100);
    expect(Number.isFinite(doublingScale([1], 0, 100).at(1))).toBe(true);
  });
});

describe('spreadOut', () => {
  it.each([
    [
      [5, 50],
      [5, 50],
    ],
    [
      [50, 50, 50],
      [40, 50, 60],
    ],
    [
      [0, 0, 30],
      [0, 10, 30],
    ],
    [
      [99, 100, 100],
      [80, 90, 100],
    ],
    [
      [40, 41, 55],
      [35.33, 45.33, 55.33],
    ],
  ])('%j', (wanted, expected) => {
    const places = spreadOut(wanted, 10, 0, 100);
    places.forEach((place, i) => expect(place).toBeCloseTo(expected[i]!, 1));
  });

  it('never lets labels overlap', () => {
    const places = spreadOut([10, 11, 12, 20, 30, 31, 80, 99, 100], 10, 0, 100);
    places
      .slice(1)
      .forEach((place, i) => expect(place - places[i]!).toBeGreaterThanOrEqual(10 - 1e-9));
  });
});

describe('text', () => {
  it('writes numbers as people do', () => {
    expect([fixed(-1.25, 1), fixed(-0.001, 2), fixed(undefined, 2), fixed(NaN, 2)]).toEqual([
      '−1.3',
      '0.00',
      '–',
      '–',
    ]);
    expect([signed(0.5, 1), signed(-0.5, 1), signed(undefined, 1)]).toEqual(['+0.5', '−0.5', '–']);
    expect(withSpread({ mean: 1, half: 0.25, seeds: 2 }, 2)).toBe('1.00 ± 0.25');
  });

  it.each([
    '<!-- study:a -->',
    '<!-- /study:a -->',
    '<!-- /study:a --><!-- study:a -->',
    '<!-- study:a --><!-- study:a --><!-- /study:a -->',
  ])('refuses the markers %s', (document) => {
    expect(() => fillSections(document, new Map([['a', 'x']]), 'f')).toThrow(
      expect.objectContaining({ code: 'REPORT_MARKERS' }),
    );
  });

  it('counts code, not comments', () => {
    expect(countLines('/** a\n * b\n */\nimport x;\n\n// c\nlet y; // d\n  /* e */\n')).toBe(2);
    const lines = codeLines(QUANTIZERS, 'none')!;
    expect(lines.all).toBe(lines.own);
    expect(codeLines(QUANTIZERS, 'rvq')!.all).toBeGreaterThan(codeLines(QUANTIZERS, 'rvq')!.own);
    expect(codeLines(QUANTIZERS, 'unheard-of')).toBeUndefined();
  });
});
