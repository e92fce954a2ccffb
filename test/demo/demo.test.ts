import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode as decodePng } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAudio } from '../../src/audio/open-audio.ts';
import * as format from '../../src/cli/demo/format.ts';
import type { DemoReport } from '../../src/cli/demo/report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const models = join(root, 'test/fixtures/tiny-model');
const work = mkdtempSync(join(tmpdir(), 'residua-demo-'));
const out = join(work, 'out');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a person does, in a folder that is not the checkout. */
async function residua(...args: string[]): Promise<Ended> {
  const bin = join(root, 'bin/residua.mjs');
  try {
    const run = await promisify(execFile)(process.execPath, [bin, 'demo', ...args], {
      cwd: work,
      maxBuffer: 1e8,
    });
    return { code: 0, ...run };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
}

/** Two of the recordings, so that the tests that need a whole run stay short. */
async function shortList(): Promise<string> {
  const folder = join(work, 'recordings');
  const packaged = join(root, 'resources/demo');
  const list = JSON.parse(await readFile(join(packaged, 'demo.json'), 'utf8')) as {
    recordings: { noisy: string; clean: string }[];
  };
  list.recordings = list.recordings.slice(3, 5);
  await mkdir(join(folder, 'noisy'), { recursive: true });
  await mkdir(join(folder, 'clean'), { recursive: true });
  for (const file of list.recordings.flatMap(({ noisy, clean }) => [noisy, clean])) {
    await copyFile(join(packaged, file), join(folder, file));
  }
  await writeFile(join(folder, 'demo.json'), JSON.stringify(list));
  return folder;
}

/** Text of every cell of the rows of one table, by `data-row`. */
function rowsOf(html: string, table: string): Map<string, string[]> {
  const body = new RegExp(`<table id="${table}">[^]*?</table>`).exec(html)![0];
  const rows = new Map<string, string[]>();
  for (const [, key, content] of body.matchAll(/<tr data-row="([^"]*)">([^]*?)<\/tr>/g)) {
    rows.set(
      key!,
      [...content!.matchAll(/<td>([^<]*)<\/td>/g)].map(([, text]) => text!),
    );
  }
  return rows;
}

const attribute = (html: string, pattern: RegExp): Buffer[] =>
  [...html.matchAll(pattern)].map(([, base64]) => Buffer.from(base64!, 'base64'));

// A failed comparison of megabytes takes minutes to print: large things are compared as booleans below.
let recordings: string;
let ended: Ended;
let report: DemoReport;
let html: string;

beforeAll(async () => {
  recordings = await shortList();
  ended = await residua('--models', models, '--recordings', recordings, '--out', out, '--json');
  report = JSON.parse(ended.stdout) as DemoReport;
  html = await readFile(report.page, 'utf8');
}, 180_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('residua demo', () => {
  it('runs every quantizer over every recording, with plausible numbers', () => {
    expect(ended.code).toBe(0);
    expect(report.recordings.map(({ id }) => id)).toEqual(['train', 'dog-bark']);
    for (const recording of report.recordings) {
      expect(recording.seconds).toBe(6);
      // The recordings were mixed at this ratio; SI-SDR of the mixture is close to it.
      expect(Math.abs(recording.noisy.siSdr! - recording.snrDb)).toBeLessThan(0.2);
      expect(recording.enhanced.map(({ quantizer }) => quantizer)).toEqual(['none', 'rvq']);
      const [none, rvq] = recording.enhanced;
      // The fixture's continuous path passes its input on, aligned to the sample.
      expect(none!.metrics.siSdr!).toBeCloseTo(recording.noisy.siSdr!, 1);
      expect(none!.metrics.stoi!).toBeCloseTo(recording.noisy.stoi!, 2);
      expect(none!.bitrateKbps).toBe(0);
      expect(rvq!.bitrateKbps).toBeGreaterThan(0);
      expect(rvq!.metrics.siSdr!).toBeLessThan(none!.metrics.siSdr!);
      for (const one of recording.enhanced) {
        expect(one.algorithmicLatencyMs).toBe(20);
        expect(one.hopMs.p50).toBeGreaterThan(0);
        expect(one.hopMs.p99).toBeGreaterThanOrEqual(one.hopMs.p50);
        expect(one.hopMs.max).toBeGreaterThanOrEqual(one.hopMs.p99);
      }
    }
  });

  it('gives the arithmetic means of the files', () => {
    for (const [at, mean] of report.means.enhanced.entries()) {
      for (const measure of ['siSdr', 'stoi', 'pesqWb'] as const) {
        const values = report.recordings.map(({ enhanced }) => enhanced[at]!.metrics[measure]!);
        const expected = values.reduce((a, b) => a + b) / values.length;
        expect(mean.metrics[measure]).toBeCloseTo(expected, 3);
      }
      expect(mean.files).toBe(2);
    }
  });

  it('writes a valid WAV of the length of the input for every version', async () => {
    const names = readdirSync(report.audio).sort();
    expect(names).toEqual(
      ['dog-bark', 'train'].flatMap((id) =>
        ['clean', 'noisy', 'none', 'rvq'].map((version) => `${id}.${version}.wav`),
      ),
    );
    for (const name of names) {
      const { sampleRate, channels } = await readAudio(join(report.audio, name));
      expect([sampleRate, channels.length, channels[0]!.length], name).toEqual([16000, 1, 96000]);
    }
    const [written] = (await readAudio(join(report.audio, 'train.noisy.wav'))).channels;
    const [source] = (await readAudio(join(recordings, 'noisy/train.flac'))).channels;
    const worst = source!.reduce((max, x, at) => Math.max(max, Math.abs(x - written![at]!)), 0);
    expect(worst).toBeLessThanOrEqual(1.01 / 32768); // one step of 16 bits
  });

  it('makes a page that loads nothing from elsewhere', () => {
    expect(html.slice(0, 15)).toBe('<!doctype html>');
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
    for (const [, url] of html.matchAll(/\bsrc\s*=\s*["']([^"']{0,40})/g)) {
      expect(url).toMatch(/^data:(audio\/wav|image\/png);base64,/);
    }
    const loading = /<link\b|<iframe\b|<object\b|<embed\b|@import|url\(|fetch\(|XMLHttp/i;
    expect(loading.exec(html)?.[0]).toBeUndefined();
    // The only addresses are links to the sources of the recordings, followed on a click.
    const addresses = [...html.matchAll(/https?:\/\/[^\s"'<]+/g)].length;
    const links = [...html.matchAll(/<a href="https:\/\/[^"]+" rel="noreferrer">/g)].length;
    expect(addresses).toBe(links);
    expect(Buffer.byteLength(html)).toBeLessThan(25e6);
  });

  it('holds one player and one spectrogram for each version, playing the written files', async () => {
    const players = attribute(html, /<audio[^>]*src="data:audio\/wav;base64,([^"]*)"/g);
    const pictures = attribute(html, /<img[^>]*src="data:image\/png;base64,([^"]*)"/g);
    expect(players).toHaveLength(8);
    expect(pictures).toHaveLength(8);
    const order = ['noisy', 'none', 'rvq', 'clean'];
    for (const [at, player] of players.entries()) {
      const name = `${at < 4 ? 'train' : 'dog-bark'}.${order[at % 4]}.wav`;
      expect(player.equals(await readFile(join(report.audio, name))), name).toBe(true);
    }
    const shown = pictures.map((png) => decodePng(png));
    for (const { width, height, data } of shown) {
      expect([width, height]).toEqual([600, 256]);
      expect(new Set(data).size).toBeGreaterThan(20);
    }
    expect(Buffer.compare(shown[0]!.data as Uint8Array, shown[3]!.data as Uint8Array)).not.toBe(0);
    expect([...html.matchAll(/<img alt="[^"]+"/g)]).toHaveLength(8);
    expect([...html.matchAll(/<audio[^>]*aria-label="[^"]+"/g)]).toHaveLength(8);
  });

  it('shows the numbers of the JSON in its tables', () => {
    const embedded = /<script type="application\/json" id="report">([^]*?)<\/script>/.exec(
      html,
    )![1]!;
    expect(JSON.parse(embedded)).toEqual(report);
    const scores = ({ siSdr, stoi, pesqWb }: DemoReport['means']['noisy']): string[] => [
      format.decibels(siSdr),
      format.intelligibility(stoi),
      format.opinion(pesqWb),
    ];
    const means = rowsOf(html, 'means');
    expect(means.get('noisy')!.slice(2, 5)).toEqual(scores(report.means.noisy));
    for (const one of report.means.enhanced) {
      expect(means.get(one.name)).toEqual([
        format.bitrate(one),
        '20',
        ...scores(one.metrics),
        format.milliseconds(one.hopMs.p50),
        format.milliseconds(one.hopMs.p99),
      ]);
    }
    const results = rowsOf(html, 'results');
    expect(results.size).toBe(6);
    for (const recording of report.recordings) {
      for (const one of recording.enhanced) {
        const cells = results.get(`${recording.id} ${one.name}`)!;
        expect(cells.slice(3, 6)).toEqual(scores(one.metrics));
      }
    }
  });

  it('prints a table and where the results are, without --json', async () => {
    const place = join(work, 'one');
    const { code, stdout } = await residua(
      ...['--models', models, '--recordings', recordings, '--out', place, '--quantizer', 'none'],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/Train ride \(\+5 dB\) +none +uncoded +20 +4\.9\d → +4\.9\d /);
    expect(stdout).toMatch(/mean of 2 +none/);
    expect(stdout).not.toContain('rvq');
    expect(stdout).toContain(`file://${join(place, 'index.html')}`);
    expect(stdout).toContain(join(place, 'audio'));
  });
});

describe('residua demo, when something is wrong', () => {
  /** @returns the one line on stderr */
  async function failure(expected: number, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await residua(...args);
    expect(stderr.trim().split('\n')[0]).not.toMatch(/\bat .*:\d+:\d+/);
    expect(code, stderr).toBe(expected);
    expect(stdout).toBe('');
    return stderr.trim();
  }

  it('names the folder without a model', async () => {
    const empty = join(work, 'empty');
    await mkdir(empty);
    const line = await failure(1, '--models', empty, '--out', join(work, 'never'));
    expect(line).toContain(empty);
    expect(line).toContain('--models');
    expect(readdirSync(work)).not.toContain('never');
  });

  it('lists the quantizers there are for one there is not', async () => {
    const line = await failure(2, '--models', models, '--quantizer', 'fsq');
    expect(line).toMatch(/'fsq'.*none, rvq/);
  });

  it('explains an output folder that is a file, and leaves the file alone', async () => {
    const file = join(work, 'file');
    writeFileSync(file, 'mine');
    const line = await failure(1, '--models', models, '--out', file);
    expect(line).toMatch(/file.*--out/);
    const below = await failure(1, '--models', models, '--out', join(file, 'below'));
    expect(below).toMatch(/below: part of the path is a file.*--out/);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  it('refuses recordings that are missing or malformed', async () => {
    const missing = await failure(1, '--models', models, '--recordings', join(work, 'nowhere'));
    expect(missing).toContain('demo.json cannot be read');

    const malformed = join(work, 'malformed');
    await mkdir(malformed);
    await writeFile(join(malformed, 'demo.json'), '{"format":"residua-demo","formatVersion":1}');
    expect(await failure(1, '--models', models, '--recordings', malformed)).toContain('recordings');

    await writeFile(join(malformed, 'demo.json'), '{');
    expect(await failure(1, '--models', models, '--recordings', malformed)).toContain('not JSON');
  });

  it('refuses an unknown option', async () => {
    expect(await failure(2, '--colour')).toContain('--colour');
  });
});
