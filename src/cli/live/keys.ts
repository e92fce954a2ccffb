/** What each key does while `residua live` runs on a terminal. */
import type { ControlsChange, Telemetry } from '../../ipc/live.ts';

export type KeyAction =
  | { readonly type: 'quit' }
  | { readonly type: 'help' }
  | { readonly type: 'record' }
  | { readonly type: 'change'; readonly change: ControlsChange }
  /** Understood, but there is nothing to do; `why` is shown. */
  | { readonly type: 'none'; readonly why: string };

export interface Choice {
  readonly id: string;
  /** 0: continuous. */
  readonly maxCodebooks: number;
}

/** @returns undefined for keys that mean nothing */
export function keyAction(
  key: string,
  controls: Telemetry['controls'],
  quantizers: readonly Choice[],
): KeyAction | undefined {
  if (/^[1-9]$/.test(key)) {
    const choice = quantizers[Number(key) - 1];
    if (!choice) return { type: 'none', why: `there are only ${quantizers.length} quantizers` };
    return { type: 'change', change: { quantizer: choice.id, codebooks: null } };
  }
  switch (key) {
    case 'q':
    case '\u0003': // Ctrl-C: no signal in raw mode
    case '\u0004':
      return { type: 'quit' };
    case 'b':
      return { type: 'change', change: { bypass: !controls.bypass } };
    case 'm':
      return { type: 'change', change: { mute: !controls.mute } };
    case 'r':
      return { type: 'record' };
    case '[':
      return codebooksBy(-1, controls, quantizers);
    case ']':
      return codebooksBy(1, controls, quantizers);
    case '?':
    case 'h':
      return { type: 'help' };
    default:
      return undefined;
  }
}

function codebooksBy(
  step: number,
  controls: Telemetry['controls'],
  quantizers: readonly Choice[],
): KeyAction {
  const max = quantizers.find(({ id }) => id === controls.quantizer)?.maxCodebooks ?? 0;
  if (max === 0) return { type: 'none', why: `'${controls.quantizer}' has no codebooks` };
  const codebooks = (controls.codebooks ?? max) + step;
  if (codebooks < 1 || codebooks > max) {
    return { type: 'none', why: `'${controls.quantizer}' has 1 to ${max} codebooks` };
  }
  return { type: 'change', change: { codebooks } };
}

export function keyHelp(quantizers: readonly Choice[]): string {
  const numbers = quantizers.slice(0, 9).map(({ id }, i) => `${i + 1} ${id}`);
  return `keys: ${numbers.join(', ')}; [ ] codebooks, b bypass, m mute, r record, q quit`;
}
