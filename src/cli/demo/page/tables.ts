import * as format from '../format.ts';
import type { DemoReport, MeanResult, EnhancedResult, Scores } from '../report.ts';
import { escapeHtml as e } from './escape.ts';

const HEAD = `<tr><th scope="col">Bitrate<br><span class="unit">kbit/s</span></th>
<th scope="col">Latency<br><span class="unit">ms</span></th>
<th scope="col">SI-SDR<br><span class="unit">dB</span></th>
<th scope="col">STOI</th>
<th scope="col">PESQ</th>
<th scope="col">Hop p50<br><span class="unit">ms</span></th>
<th scope="col">Hop p99<br><span class="unit">ms</span></th></tr>`;

function head(columns: readonly string[]): string {
  const first = columns.map((name) => `<th scope="col">${e(name)}</th>`).join('');
  return `<thead>${HEAD.replace('<tr>', `<tr>${first}`)}</thead>`;
}

function scoreCells(scores: Scores): string[] {
  return [
    format.decibels(scores.siSdr),
    format.intelligibility(scores.stoi),
    format.opinion(scores.pesqWb),
  ];
}

function noisyCells(scores: Scores): string {
  return cells([
    format.MISSING,
    format.MISSING,
    ...scoreCells(scores),
    format.MISSING,
    format.MISSING,
  ]);
}

function enhancedCells(result: MeanResult | EnhancedResult): string {
  return cells([
    format.bitrate(result),
    format.latency(result.algorithmicLatencyMs),
    ...scoreCells(result.metrics),
    format.milliseconds(result.hopMs.p50),
    format.milliseconds(result.hopMs.p99),
  ]);
}

const cells = (texts: readonly string[]): string =>
  texts.map((text) => `<td>${e(text)}</td>`).join('');

/** Means over all recordings: one row for the noisy input, one for every variant. */
export function meansTable(report: DemoReport): string {
  const rows = [
    `<tr data-row="noisy"><th scope="row">Noisy</th>${noisyCells(report.means.noisy)}</tr>`,
    ...report.means.enhanced.map(
      (one) =>
        `<tr data-row="${e(one.name)}"><th scope="row">${e(one.label)}</th>${enhancedCells(one)}</tr>`,
    ),
  ];
  return `<table id="means">${head([''])}<tbody>${rows.join('\n')}</tbody></table>`;
}

/** Every recording in every version. */
export function resultsTable(report: DemoReport): string {
  const rows = report.recordings.flatMap((recording) => [
    row(recording.id, 'noisy', recording.title, 'Noisy', noisyCells(recording.noisy)),
    ...recording.enhanced.map((one) =>
      row(recording.id, one.name, recording.title, one.label, enhancedCells(one)),
    ),
  ]);
  return `<table id="results">${head(['Recording', 'Version'])}<tbody>${rows.join('\n')}</tbody></table>`;
}

function row(id: string, version: string, title: string, label: string, rest: string): string {
  return `<tr data-row="${e(id)} ${e(version)}"><th scope="row">${e(title)}</th><td>${e(label)}</td>${rest}</tr>`;
}
