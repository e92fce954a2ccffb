import type { SettingsChange } from '../../ipc/app/settings.ts';
import type { ControlsChange, LiveControls } from '../../ipc/live.ts';

/**
 * What of a change is remembered: everything but mute and bypass.
 * @param controls as they stand after it: a new quantizer may have changed the number of codebooks
 * @returns nothing where nothing is
 */
export function lastingPart(
  change: ControlsChange,
  controls: LiveControls,
): SettingsChange['controls'] | undefined {
  const { mix, attenuationLimitDb, inputGainDb, quantizer, codebooks } = change;
  const isCode = quantizer !== undefined || codebooks !== undefined;
  const lasting = {
    ...(mix === undefined ? {} : { mix }),
    ...(attenuationLimitDb === undefined ? {} : { attenuationLimitDb }),
    ...(inputGainDb === undefined ? {} : { inputGainDb }),
    // The two belong together: codebooks alone would later be read for another quantizer.
    ...(isCode ? { quantizer: controls.quantizer, codebooks: controls.codebooks } : {}),
  };
  return Object.keys(lasting).length === 0 ? undefined : lasting;
}
