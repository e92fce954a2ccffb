/** What happens while sound runs, as one line for people; nothing for what the meter shows anyway. */
import type { SupervisorEvent } from '../../host/client/supervisor.ts';
import { describeError } from '../../common/errors.ts';
import { fromProblem } from '../../common/problem.ts';
import type { RecordingSummary } from '../../ipc/engine-protocol.ts';
import { clock } from './meter.ts';

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface Narration {
  readonly text: string;
  /** Something went wrong, and belongs into the document of the run. */
  readonly isIncident: boolean;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export function narrate(event: SupervisorEvent): Narration | undefined {
  const incident = (text: string): Narration => ({ text, isIncident: true });
  const news = (text: string): Narration => ({ text, isIncident: false });
  switch (event.type) {
    case 'device-lost':
      return incident(
        `${event.direction} '${event.device}' is lost: ${problemText(event.problem)}`,
      );
    case 'device-back':
      return news(
        `${event.direction} '${event.device.name}' is back after ${seconds(event.afterMs)}, at ${event.device.sampleRateHz} Hz`,
      );
    case 'overload':
      return incident(overloadText(event));
    case 'fallback':
      return incident(
        event.what === 'dry'
          ? `the model failed, the unprocessed sound is heard: ${problemText(event.problem)}`
          : `${event.from} gives way to ${event.to}: ${problemText(event.problem)}`,
      );
    case 'worker-restarted':
      return incident(
        `the codec was started again after ${seconds(event.afterMs)}: ${problemText(event.problem)}`,
      );
    case 'resumed':
      return news(`back after ${seconds(event.sleptMs)} of sleep`);
    case 'log':
      // For log files: the events that matter to people have lines of their own here.
      return process.env['RESIDUA_DEBUG'] ? news(event.message) : undefined;
    case 'default-followed':
      return news(`the system's default ${event.direction} is '${event.device}' now`);
    case 'recording-started':
      return news(`recording to ${event.folder}`);
    case 'recording-ended':
      return recordingEnded(event.recording);
    case 'engine-restarted':
      return incident(
        `the engine was started again after ${seconds(event.afterMs)}: ${describeError(event.problem)}`,
      );
    case 'engine-lost':
    case 'invalid-message':
      return incident(describeError(event.problem));
    default:
      return undefined;
  }
}

function problemText(problem: Problem): string {
  return describeError(fromProblem(problem));
}

function overloadText(event: Extract<SupervisorEvent, { type: 'overload' }>): string {
  const dropped = `too slow: ${event.droppedMs.toFixed(0)} ms of sound left out`;
  const [advice] = event.suggestions;
  if (!advice) return dropped;
  const codebooks = advice.codebooks === null ? '' : ` with ${advice.codebooks} codebooks`;
  return `${dropped}; '${advice.quantizer}'${codebooks} would help (${advice.reason})`;
}

function recordingEnded(recording: RecordingSummary): Narration {
  const { enhanced, seconds: length, lostHops, problem } = recording;
  const lost = lostHops > 0 ? `, ${lostHops} hops lost because the disk was too slow` : '';
  const what =
    enhanced === null ? 'nothing was recorded' : `recorded ${clock(length)} to ${enhanced}`;
  if (!problem) return { text: `${what}${lost}`, isIncident: lostHops > 0 };
  return { text: `recording ended: ${problemText(problem)} (${what}${lost})`, isIncident: true };
}
