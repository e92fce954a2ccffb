import { describe, expect, it, vi } from 'vitest';
import type { ControlsChange, LiveControls } from '../../ipc/live.ts';
import { ControlsModel } from './controls-model.ts';

const CONTROLS: LiveControls = {
  quantizer: 'rvq',
  codebooks: null,
  mix: 1,
  attenuationLimitDb: null,
  inputGainDb: 0,
  mute: false,
  bypass: false,
};

/** An app that answers when it is told to. */
function slowApp() {
  let controls = CONTROLS;
  const sent: ControlsChange[] = [];
  const waiting: { resolve(): void; reject(error: Error): void }[] = [];
  const failed = vi.fn();
  const model = new ControlsModel((change) => {
    sent.push(change);
    return new Promise((resolve, reject) => {
      waiting.push({
        resolve: () => resolve((controls = { ...controls, ...change })),
        reject,
      });
    });
  }, failed);
  model.learn(CONTROLS);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { model, sent, waiting, failed, settle };
}

describe('ControlsModel', () => {
  it('shows and sends a change at once', () => {
    const { model, sent } = slowApp();
    model.change({ mix: 0.5 });
    expect(model.controls).toEqual({ ...CONTROLS, mix: 0.5 });
    expect(sent).toEqual([{ mix: 0.5 }]);
  });

  it('gathers what the hand does while a change is on its way, and never sends two at once', async () => {
    const { model, sent, waiting, settle } = slowApp();
    model.change({ mix: 0.9 });
    for (const mix of [0.8, 0.7, 0.6]) model.change({ mix });
    model.change({ mute: true });
    expect(sent).toHaveLength(1);
    waiting[0]!.resolve();
    await settle();
    expect(sent).toEqual([{ mix: 0.9 }, { mix: 0.6, mute: true }]);
    expect(model.controls).toMatchObject({ mix: 0.6, mute: true });
    waiting[1]!.resolve();
    await settle();
    expect(sent).toHaveLength(2);
    expect(model.controls).toMatchObject({ mix: 0.6, mute: true });
  });

  it('does not jump back under the hand for what the app said before', async () => {
    const { model, waiting, settle } = slowApp();
    model.change({ mix: 0.2 });
    model.learn({ ...CONTROLS, mix: 0.9 });
    expect(model.controls!.mix).toBe(0.2);
    waiting[0]!.resolve();
    await settle();
    expect(model.controls!.mix).toBe(0.2);
    model.learn({ ...CONTROLS, mix: 0.9 });
    expect(model.controls!.mix).toBe(0.9);
  });

  it('goes back to what is when the app refuses a change, and says so', async () => {
    const { model, waiting, failed, settle } = slowApp();
    model.change({ codebooks: 99 });
    waiting[0]!.reject(new Error('no'));
    await settle();
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ message: 'no' }));
    expect(model.controls).toEqual(CONTROLS);
    model.change({ mix: 0.5 });
    expect(model.controls!.mix).toBe(0.5);
  });

  it('has nothing to change before the app has said what the controls are', () => {
    const send = vi.fn();
    const model = new ControlsModel(send, vi.fn());
    model.change({ mute: true });
    expect(send).not.toHaveBeenCalled();
    expect(model.controls).toBeNull();
  });

  it('tells its listeners only of what is different', () => {
    const { model } = slowApp();
    const heard = vi.fn();
    model.state.subscribe(heard);
    model.learn({ ...CONTROLS });
    expect(heard).not.toHaveBeenCalled();
    model.learn({ ...CONTROLS, bypass: true });
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
