import { describe, expect, it, vi } from 'vitest';
import { variantKey, type Clip, type Variant } from '../../ipc/app/compare.ts';
import type { QuantizerSummary } from '../../ipc/messages.ts';
import { CompareModel } from './compare-model.ts';
import { versionsOf } from './versions.ts';

const quantizer = (id: string, maxCodebooks: number): QuantizerSummary => ({
  id,
  family: id,
  label: id,
  maxCodebooks,
  bitsPerCodebook: 10,
  kbpsMax: maxCodebooks,
  params: 1,
  macsPerSecond: 1,
});
const RVQ = quantizer('rvq', 8);
const NONE = quantizer('none', 0);

/** An app that renders one variant at a time, when it is told to. */
function app() {
  const clip = (id: string, keys: readonly string[]): Clip => ({
    id,
    name: 'clip',
    seconds: 5,
    sampleRateHz: 16_000,
    hasReference: true,
    variants: ['noisy', 'reference', ...keys].map((key) => ({
      key,
      label: key,
      kbps: 0,
      gain: 1,
      metrics: null,
    })),
  });
  const keys: string[] = [];
  const renders: { key: string; finish(error?: Error): void }[] = [];
  const calls: [string, unknown][] = [];
  let opened = 0;
  let onProgress: ((event: { id: string; progress: number }) => void) | undefined;
  const call = vi.fn((command: string, argument: never): Promise<unknown> => {
    calls.push([command, argument]);
    if (command === 'compare.render') {
      const { id, variants } = argument as { id: string; variants: Variant[] };
      return new Promise((resolve, reject) => {
        const key = variantKey(variants[0]!);
        renders.push({
          key,
          finish(error) {
            if (error !== undefined) return reject(error);
            keys.push(key);
            resolve(clip(id, keys));
          },
        });
      });
    }
    if (command === 'compare.close') return Promise.resolve(null);
    if (command === 'upload.begin') return Promise.resolve({ id: 'u1' });
    if (command === 'upload.piece') {
      return Promise.resolve((argument as { bytes: Uint8Array }).bytes.length);
    }
    keys.length = 0;
    return Promise.resolve(clip(`clip${opened++}`, []));
  });
  const client = {
    call,
    on: (_type: string, listener: typeof onProgress) => (onProgress = listener),
    pathOf: () => null,
  };
  const model = new CompareModel(client as never);
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  return {
    model,
    renders,
    calls,
    settle,
    progress: (id: string, p: number) => onProgress!({ id, progress: p }),
  };
}

describe('CompareModel', () => {
  it('renders every quantizer in the background, one after the other', async () => {
    const { model, renders, settle, progress } = app();
    await model.freeze([RVQ, NONE], 'x');
    await settle();
    expect(renders.map(({ key }) => key)).toEqual(['rvq@8']);
    progress('clip0', 0.5);
    progress('another', 0.9);
    expect(model.state.getState()).toMatchObject({ queue: ['rvq@8', 'none'], progress: 0.5 });
    renders[0]!.finish();
    await settle();
    renders[1]!.finish();
    await settle();
    expect(model.state.getState()).toMatchObject({ queue: [], heard: 'noisy' });
    expect(model.state.getState().clip!.variants.map(({ key }) => key)).toEqual([
      'noisy',
      'reference',
      'rvq@8',
      'none',
    ]);
  });

  it('what a person chooses comes before what waits; rates that the hand passed are left out', async () => {
    const { model, renders, settle } = app();
    await model.freeze([RVQ, NONE], 'x');
    model.setRate(RVQ, 3);
    model.setRate(RVQ, 2);
    model.setRate(RVQ, 3);
    expect(model.state.getState()).toMatchObject({ heard: 'rvq@3', rates: { rvq: 3 } });
    for (let i = 0; i < 3; i++) {
      await settle();
      renders[i]!.finish();
    }
    await settle();
    expect(renders.map(({ key }) => key)).toEqual(['rvq@8', 'rvq@3', 'none']);
  });

  it('says which variant failed, goes on with the others, and tries again when asked', async () => {
    const { model, renders, settle } = app();
    await model.freeze([RVQ, NONE], 'x');
    await settle();
    renders[0]!.finish(Object.assign(new Error('broken graph'), { code: 'MODEL_BROKEN' }));
    await settle();
    expect(model.state.getState().failed['rvq@8']).toMatchObject({ code: 'MODEL_BROKEN' });
    renders[1]!.finish();
    await settle();
    model.choose('rvq@8', { quantizer: 'rvq', codebooks: 8 });
    expect(model.state.getState().failed).toEqual({});
    await settle();
    expect(renders.at(-1)!.key).toBe('rvq@8');
  });

  it('a new clip replaces the old one, whose late variant is not taken for its own', async () => {
    const { model, renders, calls, settle } = app();
    await model.freeze([RVQ], 'x');
    await settle();
    await model.openDemo(0, [RVQ], 'demo');
    expect(calls).toContainEqual(['compare.close', { id: 'clip0' }]);
    renders[0]!.finish();
    await settle();
    const { clip, queue } = model.state.getState();
    expect(clip!.id).toBe('clip1');
    expect(clip!.variants.map(({ key }) => key)).not.toContain('rvq@8');
    // It is asked for again, for the new clip.
    expect(queue).toEqual(['rvq@8']);
    expect(calls.at(-1)).toMatchObject(['compare.render', { id: 'clip1' }]);
  });

  it('sends a file and its reference, and gives both up with it', async () => {
    const { model, calls } = app();
    const file = new File([new Uint8Array(10)], 'a.wav');
    await model.openFile(file, file, []);
    expect(calls).toContainEqual([
      'compare.open',
      { source: { upload: 'u1' }, reference: { upload: 'u1' } },
    ]);
    const opening = model.openFile(file, null, []);
    expect(model.state.getState().opening).toMatchObject({ name: 'a.wav' });
    model.cancelOpening();
    await opening;
    expect(model.state.getState()).toMatchObject({ opening: null, problem: null });
  });
});

it('versionsOf numbers what came first and the reference last', () => {
  const keys = versionsOf([RVQ, NONE], { rvq: 99 }, { hasReference: true }).map(({ key }) => key);
  expect(keys).toEqual(['noisy', 'rvq@8', 'none', 'reference']);
  expect(versionsOf([], {}, { hasReference: false })).toHaveLength(1);
});
