import type { SupervisorEvent } from '../../host/client/supervisor.ts';
import type { RecordingSummary } from '../../ipc/engine-protocol.ts';
import type { NewNotice } from '../notices.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const nameOf = { input: 'microphone', output: 'output' } as const;

/** @returns what a person should know of an event; nothing for what the status shows anyway */
export function noticeOf(event: SupervisorEvent): NewNotice | undefined {
  switch (event.type) {
    case 'device-lost':
      return {
        level: 'warning',
        code: event.type,
        message: `The ${nameOf[event.direction]} "${event.device}" is gone.`,
        hint: `Plug it in again, or choose another one: sound goes on by itself.`,
      };
    case 'device-back':
      return {
        level: 'info',
        code: event.type,
        message: `The ${nameOf[event.direction]} "${event.device.name}" is back after ${seconds(event.afterMs)}.`,
      };
    case 'overload':
      return overload(event);
    case 'fallback':
      return fallback(event);
    case 'worker-restarted':
      return {
        level: 'warning',
        code: event.type,
        message: `The codec had to be started again; ${seconds(event.afterMs)} of sound are missing.`,
        hint: event.problem.message,
      };
    case 'resumed':
      return {
        level: 'info',
        code: event.type,
        message: `The computer slept for ${duration(event.sleptMs)}; devices are opened anew.`,
      };
    case 'default-followed':
      return {
        level: 'info',
        code: event.type,
        message: `The system's default ${nameOf[event.direction]} is "${event.device}" now, and is used.`,
      };
    case 'recording-ended':
      return recordingEnded(event.recording);
    case 'engine-restarted':
      return {
        level: 'warning',
        code: event.type,
        message: `The audio engine stopped unexpectedly and runs again after ${seconds(event.afterMs)}.`,
        hint: event.problem.message,
      };
    case 'engine-lost':
      return {
        level: 'error',
        code: event.type,
        message: `The audio engine stopped and does not start again: ${event.problem.message}`,
        hint: 'Start it again; if it stops once more, try another provider or sound system in the settings.',
      };
    case 'invalid-message':
      return {
        level: 'error',
        code: event.type,
        message: event.problem.message,
        hint: event.problem.hint,
      };
    case 'telemetry':
    case 'state':
    case 'controls':
    case 'devices':
    case 'ended':
    case 'log':
    case 'recording-started':
      return undefined;
  }
}

function overload(event: Extract<SupervisorEvent, { type: 'overload' }>): NewNotice {
  const [advice] = event.suggestions;
  const codebooks = advice?.codebooks ?? null;
  const change =
    advice && `${advice.quantizer}${codebooks === null ? '' : ` with ${codebooks} codebooks`}`;
  return {
    level: 'warning',
    code: event.type,
    message: `This computer did not keep up: ${Math.round(event.droppedMs)} ms of sound were left out.`,
    hint: advice
      ? `Try ${change}: ${advice.reason}. Closing other programs helps too.`
      : 'Close other programs, or choose larger buffers in the settings.',
  };
}

function fallback(event: Extract<SupervisorEvent, { type: 'fallback' }>): NewNotice {
  const { problem } = event;
  return event.what === 'dry'
    ? {
        level: 'error',
        code: 'fallback-dry',
        message: `The quantizer "${event.from}" fails, so the unprocessed sound is heard: ${problem.message}`,
        hint: problem.hint ?? 'Choose another quantizer.',
      }
    : {
        level: 'warning',
        code: 'fallback-provider',
        message: `The network runs on ${event.to} now instead of ${event.from}: ${problem.message}`,
        hint: problem.hint,
      };
}

/** One that was stopped by the person needs no words; what is missing from it does. */
function recordingEnded(recording: RecordingSummary): NewNotice | undefined {
  const { ended, problem, lostHops, seconds: length, enhanced } = recording;
  if (ended !== 'stopped') {
    const kept = enhanced === null ? 'Nothing was kept.' : `${duration(length * 1000)} are kept.`;
    return {
      level: 'error',
      code: problem?.code ?? 'recording-ended',
      message: `Recording has ended: ${problem?.message ?? ended}. ${kept}`,
      hint: problem?.hint,
    };
  }
  if (enhanced === null) {
    return {
      level: 'warning',
      code: 'recording-empty',
      message: 'Nothing was recorded: no sound came in the meantime.',
    };
  }
  if (lostHops === 0) return undefined;
  return {
    level: 'warning',
    code: 'recording-lossy',
    message: `The disk was too slow: ${lostHops} moments of the recording are silent.`,
    hint: 'Record to a faster disk.',
  };
}

function duration(ms: number): string {
  const total = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${total % 60} s` : seconds(ms);
}
