/** The one line that `residua live` keeps on a terminal. */
import type { Telemetry } from '../../ipc/live.ts';

const BLOCKS = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const BAR_CELLS = 8;
/** Level at the left end of a bar, dB. */
const BAR_FLOOR_DB = -60;

const STATES: Record<Telemetry['state'], string> = {
  idle: 'idle',
  starting: 'starting',
  running: 'live',
  recovering: 'looking for the device',
  stopped: 'stopped',
  failed: 'failed',
};

/**
 * @param columns width of the terminal; parts that do not fit are left out, the least important first
 * @returns a line of at most `columns` characters, without control characters
 */
export function meterLine(telemetry: Telemetry, columns: number): string {
  const { heard, controls, counters, recorder, state } = telemetry;
  const parts: { readonly text: string; readonly rank: number }[] = [];
  const add = (rank: number, text: string): void => void parts.push({ rank, text });
  add(0, `${state === 'running' ? '●' : '○'} ${modeOf(telemetry)}`);
  if (state === 'recovering' || state === 'failed') {
    add(1, telemetry.problem?.message ?? '');
  } else {
    add(2, `in ${bar(telemetry.inputLevel.rms)}${telemetry.inputLevel.clipped ? '!' : ' '}`);
    add(3, `out ${bar(telemetry.outputLevel.rms)}${telemetry.outputLevel.clipped ? '!' : ' '}`);
    add(1, `${telemetry.latencyMs.total.toFixed(0)} ms`);
    add(1, voice(heard, telemetry.bitrateKbps));
    if (telemetry.hopMs) add(6, `hop p99 ${telemetry.hopMs.p99.toFixed(1)} ms`);
    if (telemetry.driftPpm !== null) add(8, `drift ${telemetry.driftPpm.toFixed(0)} ppm`);
    if (controls.attenuationLimitDb !== null) add(7, `limit ${controls.attenuationLimitDb} dB`);
    if (controls.mix < 1) add(7, `mix ${controls.mix}`);
    const lost = counters.underruns + counters.overruns;
    add(5, `${lost} ${lost === 1 ? 'gap' : 'gaps'}`);
  }
  if (recorder?.state === 'recording') add(4, `rec ${clock(recorder.seconds)}`);
  else if (recorder?.state === 'full') add(4, 'rec: disk full');
  else if (recorder?.state === 'failed') add(4, 'rec failed');
  add(9, 'q quits, ? keys');
  return fit(parts, columns);
}

function modeOf({ state, controls, heard, uptimeMs }: Telemetry): string {
  if (state !== 'running') return STATES[state];
  if (controls.mute) return 'MUTED';
  return heard.bypass ? 'BYPASS' : clock(uptimeMs / 1000);
}

function voice(heard: Telemetry['heard'], bitrateKbps: number): string {
  if (heard.codebooks === 0) return `${heard.quantizer} (no bits)`;
  const books = heard.codebooks > 1 ? `×${heard.codebooks}` : '';
  return `${heard.quantizer}${books} ${bitrateKbps.toFixed(1)} kbps`;
}

function bar(levelDb: number): string {
  const share = Math.min(1, Math.max(0, 1 - levelDb / BAR_FLOOR_DB));
  const eighths = Math.round(share * BAR_CELLS * 8);
  const full = Math.floor(eighths / 8);
  const rest = eighths % 8 > 0 ? BLOCKS[eighths % 8]! : '';
  return `${('█'.repeat(full) + rest).padEnd(BAR_CELLS, '·')} ${levelDb.toFixed(0).padStart(4)} dB`;
}

function fit(parts: readonly { text: string; rank: number }[], columns: number): string {
  let kept = parts.filter(({ text }) => text !== '');
  for (;;) {
    const line = kept.map(({ text }) => text).join('  ');
    // The last column is left free: writing into it makes some terminals wrap.
    if (line.length < columns || kept.length <= 1) {
      return [...line].slice(0, Math.max(0, columns - 1)).join('');
    }
    const worst = Math.max(...kept.map(({ rank }) => rank));
    const at = kept.findLastIndex(({ rank }) => rank === worst);
    kept = kept.filter((_, i) => i !== at);
  }
}

export function clock(seconds: number): string {
  const total = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const rest = `${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
