/** Tokens of the theme that waveforms are drawn with. */
export const WAVE_COLORS = [
  'accent',
  'line-strong',
  'muted',
  'text',
  'accent-wash',
  'line',
] as const;
export type WaveColor = (typeof WAVE_COLORS)[number];

export interface WaveformPicture {
  readonly width: number;
  readonly height: number;
  readonly colors: Record<WaveColor, string>;
  /** Greatest magnitudes of equal parts of the length. */
  readonly peaks: readonly number[];
  /** 0..1 of the length; `null` without a playhead. */
  readonly place: number | null;
  /** @default true */
  readonly hasPlayhead?: boolean;
  /** 0..1 of the length. */
  readonly loop: { readonly start: number; readonly end: number } | null;
}

const BAR_PX = 2;
const GAP_PX = 1;
/** Speech is quiet most of the time: a root makes its shape visible. */
const shape = (peak: number): number => Math.sqrt(Math.min(1, peak));

/** Bars mirrored about the middle; what has been played is stronger in colour, and a line stands where it is. */
export function paintWaveform(context: CanvasRenderingContext2D, picture: WaveformPicture): void {
  const { width, height, colors, peaks, place, loop, hasPlayhead = true } = picture;
  const middle = height / 2;
  const isWhole = loop !== null && loop.start <= 0 && loop.end >= 0.999;
  if (loop !== null && !isWhole) {
    context.fillStyle = colors['accent-wash'];
    context.fillRect(loop.start * width, 0, (loop.end - loop.start) * width, height);
  }
  context.fillStyle = colors['line'];
  context.fillRect(0, middle - 0.5, width, 1);
  const bars = Math.max(1, Math.floor(width / (BAR_PX + GAP_PX)));
  for (let bar = 0; bar < bars; bar++) {
    const from = Math.floor((bar * peaks.length) / bars);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
    let peak = 0;
    for (let i = from; i < to; i++) peak = Math.max(peak, peaks[i] ?? 0);
    const share = (bar + 0.5) / bars;
    const isPlayed = place !== null && share <= place;
    const isOutside = loop !== null && (share < loop.start || share > loop.end);
    const tall = Math.max(1, shape(peak) * (height - 4));
    context.fillStyle = isPlayed ? colors['accent'] : colors['muted'];
    context.globalAlpha = isOutside ? 0.4 : 1;
    context.fillRect(bar * (BAR_PX + GAP_PX), middle - tall / 2, BAR_PX, tall);
  }
  context.globalAlpha = 1;
  if (loop !== null) {
    context.fillStyle = colors['accent'];
    for (const edge of [loop.start, loop.end]) {
      context.fillRect(Math.min(width - 2, Math.max(0, edge * width - 1)), 0, 2, height);
    }
  }
  if (place !== null && hasPlayhead) paintPlayhead(context, place * width, height, colors['text']);
}

export function paintPlayhead(
  context: CanvasRenderingContext2D,
  x: number,
  height: number,
  color: string,
): void {
  context.fillStyle = color;
  context.fillRect(Math.round(x) - 1, 0, 2, height);
  context.beginPath();
  context.moveTo(x - 5, 0);
  context.lineTo(x + 5, 0);
  context.lineTo(x, 6);
  context.fill();
}
