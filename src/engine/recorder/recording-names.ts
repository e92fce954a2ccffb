/** Names of the files of one recording: when it began, and with which quantizer. */

/**
 * @param quantizer an id of the manifest: lower-case letters, digits and dashes
 * @returns e.g. `residua_2026-11-25_14-03-12_vq`, in local time; sorts by time, legal on every file system
 */
export function recordingBaseName(startedAt: Date, quantizer: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [startedAt.getFullYear(), two(startedAt.getMonth() + 1), two(startedAt.getDate())];
  const time = [startedAt.getHours(), startedAt.getMinutes(), startedAt.getSeconds()].map(two);
  return `residua_${day.join('-')}_${time.join('-')}_${quantizer}`;
}

export interface RecordingNames {
  readonly raw: string;
  readonly enhanced: string;
  readonly sidecar: string;
  /** @param part from 1 */
  codes(part: number, quantizer: string): string;
}

export function recordingNames(base: string): RecordingNames {
  return {
    raw: `${base}.raw.wav`,
    enhanced: `${base}.enhanced.wav`,
    sidecar: `${base}.json`,
    codes: (part, quantizer) => `${base}.${String(part).padStart(3, '0')}-${quantizer}.rsd`,
  };
}
