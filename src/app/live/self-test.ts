import type { SelfTest } from '../../ipc/app/app-protocol.ts';
import type { Loopback } from '../../ipc/engine-protocol.ts';

const WEAK_DB = 15;
/** More than cables and sound cards need. */
const LONG_MS = 120;

/** Says what was measured, and what to make of it. */
export function describeLoopback({
  loopbackMs,
  snrDb,
  input,
  output,
  clipped,
}: Loopback): SelfTest {
  return { loopbackMs, snrDb, input, output, advice: adviceFor(loopbackMs, snrDb, clipped) };
}

function adviceFor(loopbackMs: number | null, snrDb: number | null, clipped: boolean): string {
  if (loopbackMs === null) {
    return clipped
      ? 'The microphone is overdriven, so the test sound was not recognised. Turn the microphone down.'
      : 'The test sound was not heard. Use a loudspeaker, not headphones, turn it up, bring the microphone near ' +
          'it, and check that both are the devices you mean.';
  }
  const advice: string[] = [];
  if (clipped) advice.push('The microphone is overdriven: turn it or the loudspeaker down.');
  else if (snrDb !== null && snrDb < WEAK_DB) {
    advice.push('The test sound was faint: turn the loudspeaker up for a surer figure.');
  }
  if (loopbackMs > LONG_MS) {
    advice.push(
      'That is long. Wireless headphones and microphones take 100 ms and more by themselves; a cable, or smaller ' +
        'buffers in the settings, make it shorter.',
    );
  }
  return advice.join(' ') || 'Loudspeaker and microphone work.';
}
