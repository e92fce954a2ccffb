import { describe, expect, it } from 'vitest';
import type { ModelSummary, QuantizerSummary } from '../../ipc/messages.ts';
import { codebookSize, kbpsOf, modelInUse, quantizersOf } from './quantizers.ts';

const quantizer = (family: string, maxCodebooks = 16): QuantizerSummary => ({
  id: family,
  family,
  label: family,
  maxCodebooks,
  bitsPerCodebook: 10,
  kbpsMax: maxCodebooks,
  params: 1,
  macsPerSecond: 1,
});
const model = (id: string, ...quantizers: QuantizerSummary[]) =>
  ({ id, quantizers }) as ModelSummary;

describe('quantizers', () => {
  it('stand in one order everywhere: plain ones first, unknown ones behind, unquantised last', () => {
    const given = ['none', 'new', 'fsq', 'rvq', 'vq'].map((family) =>
      quantizer(family, family === 'none' ? 0 : 4),
    );
    const ids = quantizersOf(model('m', ...given)).map(({ id }) => id);
    expect(ids).toEqual(['vq', 'rvq', 'fsq', 'new', 'none']);
    expect(quantizersOf(undefined)).toEqual([]);
  });

  it('cost what their codebooks in use cost', () => {
    const rvq = { kbpsMax: 16, maxCodebooks: 16 };
    expect(kbpsOf(rvq, null)).toBe(16);
    expect(kbpsOf(rvq, 3)).toBe(3);
    expect(kbpsOf({ kbpsMax: 0, maxCodebooks: 0 }, null)).toBe(0);
    expect(codebookSize({ bitsPerCodebook: 10 })).toBe(1024);
    expect(codebookSize({ bitsPerCodebook: Math.log2(1000) })).toBe(1000);
  });
});

describe('modelInUse', () => {
  const models = [model('a'), model('b')];
  it('is the chosen one, or the first where that is gone', () => {
    expect(modelInUse(models, 'b')?.id).toBe('b');
    expect(modelInUse(models, 'gone')?.id).toBe('a');
    expect(modelInUse(models, null)?.id).toBe('a');
    expect(modelInUse([], null)).toBeUndefined();
  });
});
