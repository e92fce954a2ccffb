import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { exampleTelemetry } from '../../test/fixtures/telemetry.ts';
import { DEFAULT_SETTINGS } from '../ipc/app/settings.ts';
import { diagnostics, type DiagnosticsSource } from './diagnostics.ts';

const SOURCE: DiagnosticsSource = {
  appVersion: '1.2.3',
  shell: 'browser',
  status: {
    engine: 'ready',
    state: 'running',
    isOn: true,
    controls: exampleTelemetry().controls,
    backend: 'portaudio',
    virtualMicrophone: null,
    isRecording: false,
    problem: null,
  },
  telemetry: exampleTelemetry(),
  devices: [
    {
      name: 'USB Mic',
      hostApi: 'ALSA',
      inputChannels: 2,
      outputChannels: 0,
      defaultSampleRateHz: 48_000,
      isDefaultInput: true,
      isDefaultOutput: false,
    },
  ],
  settings: DEFAULT_SETTINGS,
  models: [],
  problems: [],
  notices: [],
  log: [],
  folders: [],
};

describe('diagnostics', () => {
  it('says what a bug report needs', () => {
    const text = diagnostics({
      ...SOURCE,
      problems: [{ code: 'MODEL_CORRUPT', message: 'A model is damaged', hint: 'Install it.' }],
      notices: [{ id: 1, level: 'warning', code: 'overload', message: 'Too slow.', hint: null }],
      log: ['info: starting → running'],
    });
    for (const said of [
      'version 1.2.3, browser',
      process.versions.node,
      process.platform,
      'ready, running, switched on, backend portaudio',
      'USB Mic (ALSA, 2 in, 0 out, 48000 Hz, default input)',
      '"quantizer":"rvq"',
      'provider',
      'latency ms {',
      'counters {',
      'MODEL_CORRUPT: A model is damaged (Install it.)',
      'warning: overload: Too slow.',
      'info: starting → running',
      '"theme":"system"',
    ]) {
      expect(text).toContain(said);
    }
  });

  it('names no file and no folder', () => {
    const secret = '/data/My Private Talks (2026)';
    const text = diagnostics({
      ...SOURCE,
      folders: [secret],
      settings: {
        ...DEFAULT_SETTINGS,
        modelsFolder: '/models/of/mine',
        recordings: { folder: secret, sampleFormat: '24' },
        files: { ...DEFAULT_SETTINGS.files, folder: 'D:\\Work\\Client' },
      },
      status: {
        ...SOURCE.status,
        problem: { code: 'X', message: `${secret}/a.wav cannot be recorded to` },
      },
      problems: [
        { code: 'X', message: 'no model in /opt/stuff/x: manifest.json is missing' },
        { code: 'Y', message: `"${homedir()}/Music/a.wav" is gone` },
        { code: 'Z', message: 'C:\\Users\\ann\\a.wav is gone' },
      ],
    });
    for (const word of ['Private', 'mine', 'Client', 'Users', 'stuff', 'a.wav', 'Music']) {
      expect(text).not.toContain(word);
    }
    expect(text).toContain('(path)');
  });

  it('makes do with an engine that is not there', () => {
    const text = diagnostics({ ...SOURCE, telemetry: undefined, devices: undefined });
    expect(text).toContain('## Devices\nnot known');
  });
});
