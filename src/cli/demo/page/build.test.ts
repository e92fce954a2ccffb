import { describe, expect, it } from 'vitest';
import type { DemoReport, EnhancedResult } from '../report.ts';
import { buildPage, type PageInput } from './build.ts';

const hostile = `</script><script>alert("1")</script>'&`;

function input(title: string): PageInput {
  const result: EnhancedResult = {
    name: 'vq',
    model: 'm',
    quantizer: 'vq',
    codebooks: 1,
    label: title,
    bitrateKbps: 1,
    algorithmicLatencyMs: 20,
    output: 'x.wav',
    rtf: 0.1,
    hopMs: { p50: 1, p95: 2, p99: 3, max: 4 },
    metrics: { siSdr: -0.004, stoi: 0.5 },
  };
  const noisy = { siSdr: -5, stoi: 0.4, pesqWb: 1.1 };
  const report: DemoReport = {
    page: 'index.html',
    audio: 'audio',
    hopMs: 10,
    machine: title,
    recordings: [
      { id: 'one', title, snrDb: 0, seconds: 1, sampleRate: 16000, noisy, enhanced: [result] },
    ],
    means: { noisy, enhanced: [{ ...result, files: 1 }] },
  };
  const version = { wav: Uint8Array.of(1, 2), png: Uint8Array.of(3, 4), facts: [[title, title]] };
  return {
    report,
    models: [title],
    recordings: [
      {
        id: 'one',
        title,
        snrDb: 0,
        seconds: 1,
        sampleRate: 16000,
        scale: { topDb: -20, rangeDb: 70 },
        versions: [{ key: 'noisy', name: title, ...version } as never],
        credits: [
          { what: 'Speech', source: title, author: title, license: title, url: 'https://x.org/' },
        ],
      },
    ],
  };
}

describe('buildPage', () => {
  it('lets no text of a manifest or list become markup', () => {
    const plain = buildPage(input('Plain'));
    const page = buildPage(input(hostile));
    for (const tag of [/<script/g, /<\/script/g, /<[a-z]+/g]) {
      expect(page.match(tag)!.length).toBe(plain.match(tag)!.length);
    }
    expect(page).not.toContain('alert("1")</script>');
    const json = /id="report">([^]*?)<\/script>/.exec(page)![1]!;
    expect((JSON.parse(json) as DemoReport).machine).toBe(hostile);
  });

  it('shows a dash for a measure that is undefined, and no negative zero', () => {
    const row = /<tr data-row="vq">([^]*?)<\/tr>/.exec(buildPage(input('Plain')))![1]!;
    const cells = [...row.matchAll(/<td>([^<]*)<\/td>/g)].map(([, text]) => text);
    expect(cells).toEqual(['1.00', '20', '0.00', '0.500', '–', '1.00', '3.00']);
  });
});
