import { readFileSync } from 'node:fs';
import { palette, type LevelScale } from '../picture.ts';
import * as format from '../format.ts';
import type { DemoReport } from '../report.ts';
import { meansTable, resultsTable } from './tables.ts';
import { escapeHtml as e } from './escape.ts';

/** One version of a recording as the page shows and plays it. */
export interface PageVersion {
  /** Unique within the recording, safe in ids. */
  readonly key: string;
  readonly name: string;
  /** Name and value pairs under the name. */
  readonly facts: readonly (readonly [string, string])[];
  /** A complete WAV file. */
  readonly wav: Uint8Array;
  /** A complete PNG file, the spectrogram. */
  readonly png: Uint8Array;
}

export interface PageRecording {
  readonly id: string;
  readonly title: string;
  readonly snrDb: number;
  readonly seconds: number;
  readonly sampleRate: number;
  readonly scale: LevelScale;
  readonly versions: readonly PageVersion[];
  /** Who made the recording, with addresses. */
  readonly credits: readonly PageCredit[];
}

export interface PageCredit {
  readonly what: string;
  readonly source: string;
  readonly author: string;
  readonly license: string;
  readonly url: string;
}

export interface PageInput {
  readonly report: DemoReport;
  readonly recordings: readonly PageRecording[];
  /** e.g. "residua-v1 1.0.0". */
  readonly models: readonly string[];
}

const asset = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const dataUrl = (type: string, bytes: Uint8Array): string =>
  `data:${type};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`;

/**
 * The whole page as one HTML document that loads nothing: styles, script, sound and pictures are in it,
 * and its content security policy forbids anything else.
 */
export function buildPage(input: PageInput): string {
  const { report, recordings, models } = input;
  const quantizers = report.means.enhanced.length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Residua demo: ${e(models.join(', '))}</title>
<style>
${asset('./page.css')}
</style>
</head>
<body>
<a class="hidden skip" href="#recordings">Skip to the recordings</a>
<div class="wrap">
<header class="top">
<div>
<h1>Residua demo</h1>
<p>${recordings.length} noisy recordings through ${quantizers === 1 ? 'the quantizer' : `the ${quantizers} quantizers`}
of ${e(models.join(', '))}, streamed in hops of ${format.latency(report.hopMs)} ms, one after the
other, as live sound is. Play one, then switch between its versions: the position stays.</p>
</div>
<label class="js-only">Theme <select id="theme"><option value="auto">Automatic</option><option value="light">Light</option><option value="dark">Dark</option></select></label>
</header>
<section class="card" aria-labelledby="means-title">
<h2 id="means-title">Means over all recordings</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="means-title">${meansTable(report)}</div>
<details>
<summary>What the columns mean</summary>
<p><b>SI-SDR</b>: ratio of speech to everything else, whatever the level; higher is better. <b>STOI</b>:
predicted intelligibility, up to 1. <b>PESQ</b> (wide-band, ITU-T P.862.2): predicted listening quality,
1.04 to 4.64. All three compare with the clean recording. <b>Bitrate</b>: codes per second times bits per
code; “uncoded” means the quantizer is bypassed. <b>Latency</b>: the algorithm’s own delay, without
sound card and computing. <b>Hop p50, p99</b>: computing
time for ${format.latency(report.hopMs)} ms of sound, median and 99th percentile, measured on ${e(report.machine)}.</p>
</details>
<div class="keys js-only">
<span><kbd>Space</kbd> play, pause</span>
<span><kbd>1</kbd> … <kbd>9</kbd> version</span>
<span><kbd>X</kbd> swap with the version before</span>
<span><kbd>←</kbd> <kbd>→</kbd> move by 0.5 s</span>
<span><kbd>N</kbd> <kbd>P</kbd> next, previous recording</span>
<label><input type="checkbox" id="shortcuts" checked> keys on</label>
</div>
</section>
<main id="recordings">
${recordings.map((recording) => recordingSection(recording)).join('\n')}
</main>
<section class="card" aria-labelledby="all-title">
<h2 id="all-title">All numbers</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="all-title">${resultsTable(report)}</div>
</section>
</div>
<div id="status" class="hidden" role="status"></div>
<script type="application/json" id="report">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
<script>
${asset('./player.js')}
</script>
</body>
</html>
`;
}

function recordingSection(recording: PageRecording): string {
  const { id, title, seconds, versions } = recording;
  const duration = seconds.toFixed(3);
  return `<section class="card recording" id="${e(id)}" data-seconds="${duration}" data-title="${e(title)}" aria-labelledby="${e(id)}-title">
<div class="heading"><h2 id="${e(id)}-title">${e(title)}</h2><span class="chip">noise at ${e(format.signedDecibels(recording.snrDb))} dB SNR</span></div>
<div class="transport">
<button type="button" class="play" aria-label="Play or pause ${e(title)}">Play</button>
<input type="range" class="seek" min="0" max="${duration}" step="0.01" value="0" aria-label="Position in ${e(title)}">
<span class="clock" aria-hidden="true"></span>
<button type="button" class="swap">Swap</button>
<label><input type="checkbox" class="repeat" checked> repeat</label>
</div>
<fieldset class="versions">
<legend class="hidden">Version of ${e(title)} to hear</legend>
${versions.map((version, index) => versionRow(recording, version, index)).join('\n')}
</fieldset>
<div class="timeline" aria-hidden="true"><div class="axis time">${timeTicks(seconds)}</div></div>
${legend(recording.scale)}
<p class="credit">${recording.credits.map(creditText).join(' ')}</p>
</section>`;
}

function versionRow(recording: PageRecording, version: PageVersion, index: number): string {
  const { id, title } = recording;
  const selected = index === 0;
  const key = index < 9 ? `<kbd aria-hidden="true">${index + 1}</kbd>` : '';
  const facts = version.facts.map(
    ([name, value]) => `<div><dt>${e(name)}</dt><dd>${e(value)}</dd></div>`,
  );
  const alt = `Spectrogram of ${title}, ${version.name}: 0 to ${recording.seconds.toFixed(1)} s, 0 to ${kilohertz(recording.sampleRate / 2)} kHz`;
  return `<div class="version${selected ? ' selected' : ''}" data-key="${e(version.key)}" data-name="${e(version.name)}">
<div class="about">
<label><input type="radio" name="version-${e(id)}" value="${e(version.key)}"${selected ? ' checked' : ''}><span>${e(version.name)}</span>${key}</label>
${facts.length > 0 ? `<dl class="scores">${facts.join('')}</dl>` : '<p class="scores">the reference</p>'}
<audio class="native" controls preload="none" aria-label="${e(title)}, ${e(version.name)}" src="${dataUrl('audio/wav', version.wav)}"></audio>
</div>
<div class="axis frequency" aria-hidden="true">${frequencyTicks(recording.sampleRate)}</div>
<div class="picture"><img alt="${e(alt)}" src="${dataUrl('image/png', version.png)}"></div>
</div>`;
}

const kilohertz = (hz: number): string => String(Math.round(hz / 10) / 100);

/** Four steps from 0 Hz, at the bottom, to half the sample rate. */
function frequencyTicks(sampleRate: number): string {
  return [0, 1, 2, 3, 4]
    .map((step) => {
      const unit = step === 4 ? '\u00a0kHz' : '';
      return `<span style="bottom:${step * 25}%">${kilohertz((sampleRate / 8) * step)}${unit}</span>`;
    })
    .join('');
}

/** Whole seconds, at most about twelve of them. */
function timeTicks(seconds: number): string {
  const step = Math.max(1, Math.ceil(seconds / 12));
  const ticks: string[] = [];
  for (let at = 0; at <= seconds + 1e-9; at += step) {
    ticks.push(`<span style="left:${((at / seconds) * 100).toFixed(3)}%">${at}\u00a0s</span>`);
  }
  return ticks.join('');
}

function legend(scale: LevelScale): string {
  const stops = palette.filter((_, step) => step % 7 === 0 || step === palette.length - 1);
  const colours = stops.map(([r, g, b]) => `rgb(${r} ${g} ${b})`).join(', ');
  const bottom = format.signedDecibels(scale.topDb - scale.rangeDb);
  return `<div class="legend"><span>${e(bottom)} dB</span><span class="bar" style="background:linear-gradient(to right, ${colours})"></span><span>${e(format.signedDecibels(scale.topDb))} dB</span><span>level per bin, 0 dB = full-scale sine; the same scale in every version</span></div>`;
}

function creditText(credit: PageCredit): string {
  return `${e(credit.what)}: <a href="${e(credit.url)}" rel="noreferrer">${e(credit.source)}</a>, ${e(credit.author)}, ${e(credit.license)}.`;
}
