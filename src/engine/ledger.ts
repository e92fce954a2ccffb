import { outputDelaySamples, type ModelManifest } from '../codec/manifest.ts';
import { samplesToMs } from '../common/units.ts';
import type { CodecSide } from './codec-side.ts';
import type { LatencyLedger } from './contract.ts';

/**
 * Where the time goes between microphone and ear. The way from the capture's callback to the output's is
 * measured as a whole (`Playback`), and so are the parts on it; what remains is the sound waiting to be pulled.
 * @param inputDeviceMs below the input's callback, as the back end has it
 */
export function latencyLedger(
  manifest: ModelManifest,
  { playback, capture, meter }: Pick<CodecSide, 'playback' | 'capture' | 'meter'>,
  inputDeviceMs: number,
): LatencyLedger {
  const ms = (samples: number): number => samplesToMs(samples, manifest.sampleRate);
  const stream = capture.stream;
  const delays = playback.delays;
  const onTheWay = {
    captureBlock: stream ? Math.max(0, stream.blockMs - ms(manifest.hopSamples)) : 0,
    inputResampler: stream ? ms(stream.padSamples) : 0,
    algorithmic: ms(manifest.algorithmicLatencySamples),
    queueing: meter.queueMs,
    compute: meter.computeMs,
    outputResampler: playback.outputResamplerMs,
  };
  const wholeMs = delays ? delays.softwareMs + ms(outputDelaySamples(manifest)) : 0;
  const parts = {
    inputDevice: inputDeviceMs,
    ...onTheWay,
    playback: Math.max(0, wholeMs - sum(onTheWay)),
    outputDevice: delays?.deviceMs ?? 0,
  };
  return { ...parts, total: sum(parts) };
}

function sum(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((total, part) => total + part, 0);
}
