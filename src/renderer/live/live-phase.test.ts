import { describe, expect, it } from 'vitest';
import type { LiveStatus } from '../../ipc/app/app-protocol.ts';
import type { LiveControls } from '../../ipc/live.ts';
import { isPassing, livePhase, type LivePhase } from './live-phase.ts';

const status = (change: Partial<LiveStatus>): LiveStatus => ({
  engine: 'ready',
  state: 'running',
  isOn: true,
  controls: null,
  backend: null,
  virtualMicrophone: null,
  isRecording: false,
  problem: null,
  ...change,
});
const controls = (change: Partial<LiveControls>) => change as LiveControls;

describe('livePhase', () => {
  it.each<[LivePhase, Partial<LiveStatus>, Partial<LiveControls> | null]>([
    ['off', { isOn: false, state: 'stopped' }, null],
    ['off', { isOn: false, state: 'running' }, null], // it was just turned off
    ['starting', { state: 'idle' }, null], // it was just turned on
    ['starting', { engine: 'starting', state: 'idle' }, null],
    ['loading', { engine: 'starting', isOn: false, state: 'idle' }, null],
    ['on', {}, {}],
    ['bypass', {}, { bypass: true }],
    ['muted', {}, { mute: true, bypass: true }], // silence is what is heard
    ['recovering', { state: 'recovering' }, { bypass: true }],
    ['failed', { state: 'failed' }, null],
    ['restarting', { engine: 'restarting' }, {}],
    ['closed', { engine: 'closed' }, null],
  ])('%s', (phase, given, set) => {
    expect(livePhase(status(given), set === null ? null : controls(set))).toBe(phase);
  });

  it('is unknown while the app cannot be heard, whatever it said last', () => {
    expect(livePhase(status({}), controls({}), false)).toBe('unknown');
  });

  it('lets sound pass in exactly the phases that say so', () => {
    expect(['on', 'bypass', 'muted'].every((phase) => isPassing(phase as LivePhase))).toBe(true);
    expect(['off', 'starting', 'recovering'].some((p) => isPassing(p as LivePhase))).toBe(false);
  });
});
