/** The study's pictures. */
import type { RateResult } from '../result.ts';
import { MEASURES, overSeeds, ratesOf, type Entry, type Measure, type StudyData } from './data.ts';
import { heatMap, type HeatMapRow } from './heat-map.ts';
import { legend, linePanel, type Point, type Reference, type Series } from './line-panel.ts';
import { seriesStyle } from './styles.ts';
import { FAINT, group, picture, text } from './svg.ts';

/** Reads a number off a measurement. */
type Pick = (measured: Measured) => number | undefined;
type Measured = { [K in 'metrics' | 'bySnr']: RateResult[K] };

const KBPS = 'kbit/s';
const DRAWN = [MEASURES.siSdr, MEASURES.pesq, MEASURES.stoi, MEASURES.estoi] as const;

/** @returns SVG documents by file name; those for which nothing is measured yet are left out */
export function drawFigures(data: StudyData): Map<string, string> {
  const figures = new Map<string, string>();
  const families = data.families.filter(({ seeds }) => seeds.length > 0);
  if (families.length > 0) {
    for (const measure of DRAWN) figures.set(`${fileName(measure)}.svg`, single(data, measure));
    figures.set('overview.svg', overview(data));
    if ((data.noisy?.bySnr.length ?? 0) > 0) figures.set('by-snr.svg', bySnr(data));
    if (families.some((entry) => usageOf(entry, 'usage').length > 0)) {
      figures.set('code-usage.svg', codeUsage(families));
    }
  }
  const curves = trainingCurves(data);
  if (curves !== undefined) figures.set('training.svg', curves);
  return figures;
}

function fileName({ label }: Measure): string {
  return label.replace(/ dB$/, '').toLowerCase();
}

/** One line per family over its rates. */
function familySeries(data: StudyData, pick: Pick): Series[] {
  return data.families
    .map((entry, i) => ({
      label: entry.plan.label,
      style: seriesStyle(i),
      points: ratesOf(entry).flatMap(({ codebooks, kbps }): Point[] => {
        const value = overSeeds(entry, codebooks, pick);
        if (value === undefined || kbps <= 0) return [];
        return [{ x: kbps, y: value.mean, spread: value.half }];
      }),
    }))
    .filter(({ points }) => points.length > 0);
}

/** What all lines are compared with: the noisy input and the network without a quantizer. */
function references(data: StudyData, pick: Pick): Reference[] {
  const found: Reference[] = [];
  for (const base of data.unquantised) {
    const rate = ratesOf(base)[0];
    const value = rate === undefined ? undefined : overSeeds(base, rate.codebooks, pick);
    if (value !== undefined) found.push({ label: base.plan.label, y: value.mean, dash: '9 4' });
  }
  const noisy = data.noisy === undefined ? undefined : pick(data.noisy);
  if (noisy !== undefined) found.push({ label: 'noisy input', y: noisy, dash: '1 4' });
  return found;
}

function panelOf(data: StudyData, measure: Measure, width: number, height: number): string {
  const pick = ({ metrics }: Measured): number | undefined => {
    const value = metrics[measure.key];
    return value === undefined || value < (measure.drawnFrom ?? -Infinity) ? undefined : value;
  };
  return linePanel({
    width,
    height,
    title: measure.axis,
    series: familySeries(data, pick),
    references: references(data, pick),
    xLabel: KBPS,
  });
}

function single(data: StudyData, measure: Measure): string {
  const [width, height] = [640, 400];
  const title = `${measure.axis} against bitrate`;
  return picture(
    width,
    height,
    title,
    described(data),
    group(10, 8, panelOf(data, measure, width - 20, height - 12)),
  );
}

function overview(data: StudyData): string {
  const [width, height] = [470, 300];
  const panels = DRAWN.map((measure, i) =>
    group(
      10 + (i % 2) * (width + 10),
      8 + Math.floor(i / 2) * (height + 8),
      panelOf(data, measure, width, height),
    ),
  );
  const title = 'Quality of denoised speech against bitrate, by quantizer';
  return picture(2 * width + 30, 2 * height + 20, title, described(data), ...panels);
}

function described({ families }: StudyData): string {
  const names = families.filter(({ seeds }) => seeds.length > 0).map(({ plan }) => plan.label);
  return `One line per quantizer: ${names.join(', ')}. The numbers stand in training/RESULTS.md.`;
}

/** Rows: measures. Columns: input SNRs. Panels of a row share their axes. */
function bySnr(data: StudyData): string {
  const snrs = data.noisy!.bySnr.map(({ snrDb }) => snrDb);
  const [first, width, height] = [206, 170, 170];
  const total = 20 + first + (snrs.length - 1) * width;
  const names = legend(
    familySeries(data, ({ metrics }) => metrics.siSdr),
    references(data, ({ metrics }) => metrics.siSdr),
    total - 20,
  );
  const parts = [group(10, 10, names.markup)];
  let y = 10 + names.height;
  for (const measure of DRAWN) {
    const at =
      (snr: number) =>
      ({ bySnr }: Measured): number | undefined =>
        bySnr.find(({ snrDb }) => snrDb === snr)?.metrics[measure.key];
    const panels = snrs.map((snr) => ({
      snr,
      series: familySeries(data, at(snr)),
      references: references(data, at(snr)),
    }));
    const yValues = panels.flatMap(({ series, references }) => [
      ...series.flatMap(({ points }) => points.map((point) => point.y)),
      ...references.map((reference) => reference.y),
    ]);
    const xValues = panels.flatMap(({ series }) =>
      series.flatMap(({ points }) => points.map((point) => point.x)),
    );
    parts.push(text(10, y + 12, measure.axis, { size: 13, weight: '600' }));
    panels.forEach(({ snr, ...content }, i) => {
      const x = i === 0 ? 10 : 10 + first + (i - 1) * width;
      const panel = linePanel({
        width: i === 0 ? first : width,
        height,
        title: `at ${snr} dB`.replace('-', '−'),
        ...content,
        xValues,
        yValues,
        labels: false,
        yTicks: i === 0,
      });
      parts.push(group(x, y + 14, panel));
    });
    y += height + 22;
  }
  parts.push(
    text(10, y + 10, `Across: bitrate in ${KBPS}. Columns: SNR of the input.`, {
      size: 11,
      color: FAINT,
    }),
  );
  return picture(
    total,
    y + 20,
    'Quality against bitrate at each input SNR',
    described(data),
    ...parts,
  );
}

/** Shares of the largest rate, the least over seeds. */
function usageOf(entry: Entry, what: 'usage' | 'bits'): number[] {
  const rows = entry.seeds.flatMap(({ rates, codebookSize = 2 }) => {
    const codes = [...rates].sort((a, b) => b.codebooks - a.codebooks)[0]?.codes ?? [];
    const share = (code: (typeof codes)[number]): number =>
      what === 'usage' ? code.usage : code.effectiveBits / Math.log2(codebookSize);
    return codes.length === 0 ? [] : [codes.map(share)];
  });
  return (rows[0] ?? []).map((_, i) => Math.min(...rows.map((row) => row[i] ?? 1)));
}

function codeUsage(families: readonly Entry[]): string {
  const rows = (what: 'usage' | 'bits'): HeatMapRow[] =>
    families.flatMap((entry) => {
      const values = usageOf(entry, what);
      return values.length === 0 ? [] : [{ label: entry.plan.label, values }];
    });
  const used = heatMap('Entries used, % of each codebook', 'codebook', rows('usage'));
  const bits = heatMap(
    'Effective bits, % of what each codebook can carry',
    'codebook',
    rows('bits'),
  );
  const width = 20 + Math.max(used.width, bits.width);
  const height = used.height + bits.height + 40;
  const title = 'How the codebooks are used on the test recordings';
  return picture(
    width,
    height,
    title,
    'One row per quantizer, one column per codebook, the share in per cent in each cell.',
    group(10, 10, used.markup),
    group(10, used.height + 26, bits.markup),
  );
}

/** Loss and test SI-SDR over the training of every base and family; undefined without any. */
function trainingCurves(data: StudyData): string | undefined {
  const entries = [...data.families, ...data.unquantised];
  const series = (index: 1 | 2): Series[] =>
    entries.flatMap((entry, i): Series[] => {
      const points = (entry.result?.curve ?? []).flatMap((point): Point[] => {
        const value = point[index];
        return value === undefined || value === null ? [] : [{ x: point[0], y: value }];
      });
      if (points.length === 0) return [];
      return [{ label: entry.plan.label, style: seriesStyle(i), points }];
    });
  const [loss, tests] = [series(1), series(2)];
  if (loss.length === 0 && tests.length === 0) return undefined;
  const [width, height] = [470, 320];
  const common = { width, height, xLabel: 'training step', xScale: 'linear' } as const;
  const panels = [
    linePanel({ ...common, title: 'Training loss', series: loss, markers: false }),
    linePanel({ ...common, title: 'SI-SDR of the test pairs (dB), all codebooks', series: tests }),
  ];
  return picture(
    2 * width + 30,
    height + 14,
    'Training curves',
    described(data),
    ...panels.map((panel, i) => group(10 + i * (width + 10), 8, panel)),
  );
}
