import * as format from './format.ts';
import type { DemoReport, EnhancedResult, MeanResult, Scores } from './report.ts';

/**
 * Lays cells out in columns two spaces apart, left-aligned up to `leftColumns`, the rest right-aligned.
 * A row that is one string stands alone, across the columns.
 */
export function layOut(rows: readonly (readonly string[] | string)[], leftColumns: number): string {
  const widths: number[] = [];
  for (const row of rows) {
    if (typeof row === 'string') continue;
    row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  }
  return rows
    .map((row) => {
      if (typeof row === 'string') return row;
      const cells = row.map((cell, at) =>
        at < leftColumns ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
      );
      return cells.join('  ').trimEnd();
    })
    .join('\n');
}

const HEAD = [
  'recording',
  'quantizer',
  'kbit/s',
  'latency ms',
  'SI-SDR dB',
  'STOI',
  'PESQ',
  'hop p50 ms',
  'hop p99 ms',
];

/** The table of `residua demo`: every recording through every variant, then the means. */
export function demoTable(report: DemoReport): string {
  const files = report.recordings.flatMap((recording) =>
    recording.enhanced.map((one, at) => [
      at === 0 ? `${recording.title} (${format.signedDecibels(recording.snrDb)} dB)` : '',
      ...resultCells(one, recording.noisy),
    ]),
  );
  const means = report.means.enhanced.map((one, at) => [
    at === 0 ? `mean of ${one.files}` : '',
    ...resultCells(one, report.means.noisy),
  ]);
  return layOut([HEAD, [], ...files, [], ...means], 2);
}

function resultCells(result: EnhancedResult | MeanResult, noisy: Scores): string[] {
  const { metrics, hopMs } = result;
  type Value = number | undefined;
  const change = (show: (value: Value) => string, before: Value, after: Value): string =>
    `${show(before)} → ${show(after).padStart(5)}`;
  return [
    result.codebooks > 1 ? `${result.name} × ${result.codebooks}` : result.name,
    format.bitrate(result),
    format.latency(result.algorithmicLatencyMs),
    change(format.decibels, noisy.siSdr, metrics.siSdr),
    change(format.intelligibility, noisy.stoi, metrics.stoi),
    change(format.opinion, noisy.pesqWb, metrics.pesqWb),
    format.milliseconds(hopMs.p50),
    format.milliseconds(hopMs.p99),
  ];
}
