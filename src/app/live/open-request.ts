import { findQuantizer, isContinuous, type ModelManifest } from '../../codec/manifest.ts';
import type { LoadedModel } from '../../codec/model-folder.ts';
import type { Settings } from '../../ipc/app/settings.ts';
import type { OpenRequest } from '../../ipc/engine-protocol.ts';
import type { ControlsChange, DevicesChange } from '../../ipc/live.ts';
import type { NewNotice } from '../notices.ts';

export interface PlannedOpening {
  readonly request: OpenRequest;
  /** What could not be as it was remembered. */
  readonly notices: readonly NewNotice[];
}

/**
 * What the engine is opened with.
 * @param held mute and bypass, which outlast a reopening
 */
export function planOpening(
  settings: Settings,
  model: LoadedModel,
  held: Pick<ControlsChange, 'mute' | 'bypass'>,
): PlannedOpening {
  const { controls, notices } = usableControls(settings, model.manifest);
  const { provider, backend, blockMs, virtualMicrophone } = settings;
  return {
    notices,
    request: {
      modelFolder: model.folder,
      provider,
      backend,
      blockMs,
      devices: devicesOf(settings),
      controls: { ...controls, ...held },
      ...(virtualMicrophone ? { virtualMicrophone } : {}),
    },
  };
}

/** Devices asked for by name; the system's defaults are left out. With a virtual microphone the output is fixed. */
export function devicesOf({ input, output, virtualMicrophone }: Settings): DevicesChange {
  return {
    ...(input === null ? {} : { input }),
    ...(output === null || virtualMicrophone ? {} : { output }),
  };
}

/** Whether the change needs an engine that is opened anew. */
export function needsReopening(now: Settings, before: Settings): boolean {
  const fields = [
    'virtualMicrophone',
    'backend',
    'provider',
    'modelsFolder',
    'model',
    'blockMs',
  ] as const;
  if (fields.some((field) => now[field] !== before[field])) return true;
  // A running engine can be given another name, but not told to follow the system again.
  const isUnset = (field: 'input' | 'output'): boolean =>
    now[field] === null && before[field] !== null;
  return isUnset('input') || (isUnset('output') && !now.virtualMicrophone);
}

/** Remembered with another model, a quantizer may not exist in this one, or have fewer codebooks. */
function usableControls(
  { controls }: Settings,
  manifest: ModelManifest,
): { controls: ControlsChange; notices: NewNotice[] } {
  const { quantizer, codebooks, ...others } = controls;
  const entry = manifest.quantizers.find(({ id }) => id === quantizer);
  if (quantizer !== null && entry === undefined) {
    return {
      controls: others,
      notices: [
        {
          level: 'warning',
          code: 'QUANTIZER_UNKNOWN',
          message: `The model "${manifest.id}" has no quantizer "${quantizer}", which was used last.`,
          hint: "The model's own default is used instead.",
        },
      ],
    };
  }
  if (entry === undefined) return { controls: others, notices: [] };
  const most = isContinuous(entry) ? 0 : findQuantizer(manifest, entry.id).maxCodebooks;
  if (codebooks === null || codebooks <= most) {
    return { controls: { ...others, quantizer: entry.id, codebooks }, notices: [] };
  }
  return {
    controls: { ...others, quantizer: entry.id, codebooks: null },
    notices: [
      {
        level: 'warning',
        code: 'CODEBOOKS_RANGE',
        message: `"${entry.label}" has ${most} codebooks in this model; ${codebooks} were used last.`,
        hint: 'All of them are used.',
      },
    ],
  };
}
