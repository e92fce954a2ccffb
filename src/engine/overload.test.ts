import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadModel } from '../codec/model-folder.ts';
import { initialControls } from './controls.ts';
import { overloadSuggestions } from './overload.ts';

const { manifest } = await loadModel(join(import.meta.dirname, '../../test/fixtures/tiny-model'));

it('suggests what costs clearly less than what is set, dearest first', () => {
  const [base] = manifest.quantizers;
  const make = (id: string, macsPerHop: number) => ({ ...base!, id, macsPerHop });
  const model = {
    ...manifest,
    quantizers: [make('a', 100), make('b', 95), make('c', 50), make('d', 80), make('e', 200)],
  };
  const controls = initialControls(manifest);
  expect(overloadSuggestions(model, { ...controls, quantizer: 'a' })).toEqual([
    { quantizer: 'd', codebooks: null, reason: '20 % less work per hop' },
    { quantizer: 'c', codebooks: null, reason: '50 % less work per hop' },
  ]);
  expect(overloadSuggestions(model, { ...controls, quantizer: 'c' })).toEqual([]);
});
