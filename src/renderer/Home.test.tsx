import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { Overview } from '../ipc/messages.ts';
import { Home } from './Home.tsx';

const overview: Overview = {
  appVersion: '0.1.0',
  problems: [],
  models: [
    {
      id: 'residua-v1',
      name: 'Residua v1',
      version: '1.0.0',
      license: 'MIT',
      description: 'A <b>denoiser</b>',
      sampleRateHz: 16_000,
      hopMs: 10,
      algorithmicLatencyMs: 20,
      quantizers: [
        {
          id: 'none',
          family: 'none',
          label: 'Off',
          maxCodebooks: 0,
          bitsPerCodebook: 0,
          kbpsMax: 0,
          params: 1_100_000,
          macsPerSecond: 110_000_000,
        },
        {
          id: 'vq',
          family: 'vq',
          label: 'Vector quantizer',
          maxCodebooks: 1,
          bitsPerCodebook: 10,
          kbpsMax: 1,
          params: 1_200_000,
          macsPerSecond: 120_000_000,
        },
      ],
    },
  ],
};

/** The text of each table row below the head, cells joined by a bar. */
const rows = (html: string) =>
  [...html.split('<tbody>')[1]!.matchAll(/<tr>(.*?)<\/tr>/g)].map((match) =>
    match[1]!
      .replace(/<\/t[dh]>(?=<)/g, '|')
      .replace(/<[^>]+>/g, '')
      .trim(),
  );

describe('Home', () => {
  it('lists every quantizer with its figures', () => {
    const html = renderToStaticMarkup(<Home overview={overview} />);
    expect(rows(html)).toEqual([
      'Off none|–|–|not coded|1.10 M|110 M',
      'Vector quantizer vq|1|10|1 kbit/s|1.20 M|120 M',
    ]);
    expect(html).toContain('16 kHz');
    expect(html).toContain('20 ms');
  });

  it('shows text from a manifest as text', () => {
    const html = renderToStaticMarkup(<Home overview={overview} />);
    expect(html).not.toContain('<b>');
    expect(html).toContain('&lt;b&gt;denoiser');
  });

  it('says so when no model is installed, and says what went wrong', () => {
    const none = renderToStaticMarkup(<Home overview={{ ...overview, models: [] }} />);
    expect(none).toContain('No model is installed.');
    const problems = [{ code: 'MODEL_CORRUPT', message: 'Broken.', hint: 'Reinstall.' }];
    const broken = renderToStaticMarkup(<Home overview={{ ...overview, models: [], problems }} />);
    expect(broken).toContain('Broken. Reinstall.');
    expect(broken).not.toContain('No model is installed.');
  });
});
