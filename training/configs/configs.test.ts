import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createQuantizer } from '../quantizers/index.ts';

import { loadPlan } from '../study/plan.ts';
import { loadTrainConfig, parseTrainConfig } from '../trainer/config.ts';

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.json') && name !== 'study.json',
);

it.each(files)('%s is a config that can be trained', async (file) => {
  const config = await loadTrainConfig(join(import.meta.dirname, file));
  expect(() => createQuantizer(config.quantizer, config.model, 1, 'q')).not.toThrow();
});

it('every run of study.json is a config that can be trained', () => {
  const runs = loadPlan(join(import.meta.dirname, 'study.json'));
  expect(runs.length).toBeGreaterThan(5);
  for (const { config, rates } of runs) {
    const { quantizer, model } = parseTrainConfig(config, 'study.json');
    const { codebooks } = createQuantizer(quantizer, model, 1, 'q');
    for (const rate of rates) expect(rate).toBeLessThanOrEqual(codebooks);
  }
});
