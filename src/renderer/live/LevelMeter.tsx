import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '../format.ts';
import type { LevelHold } from '../store/level-hold.ts';
import { useReadout, useSession } from '../store/session.tsx';
import { Canvas, type Frame } from '../ui/Canvas.tsx';

const FLOOR_DB = -60;
/** Speech that peaks above is close to being clipped. */
const HOT_DB = -9;
const MARKS_DB = [-50, -40, -30, -20, -10];
const BAR_PX = 8;
const COLORS = [
  'meter',
  'meter-hot',
  'meter-clip',
  'inset',
  'line-strong',
  'text',
  'muted',
] as const;

export interface LevelMeterProps {
  readonly label: string;
  readonly side: 'input' | 'output';
}

/** RMS as a bar, held peak as a line, dBFS; what is said of it is a few words, twice a second. */
export function LevelMeter({ label, side }: LevelMeterProps) {
  const { t } = useTranslation();
  const { feed, inputLevel, outputLevel } = useSession();
  const hold = side === 'input' ? inputLevel : outputLevel;
  const draw = useCallback(
    (frame: Frame<(typeof COLORS)[number]>) => drawMeter(frame, hold),
    [hold],
  );
  const wake = useCallback((again: () => void) => feed.subscribe(again), [feed]);
  const peak = useReadout(() => Math.round(hold.peakDb(performance.now())), 500);
  const isClipped = useReadout(() => hold.isClipped(performance.now()), 250);
  const text =
    peak <= FLOOR_DB
      ? t('live.devices.silent')
      : t('live.devices.levelText', { peak: formatNumber(peak) });
  const short =
    peak <= FLOOR_DB ? text : t('live.devices.levelShort', { peak: formatNumber(peak) });
  const shown = isClipped ? t('live.devices.clippedShort') : short;
  return (
    <div
      className="meter"
      role="meter"
      aria-label={t('live.devices.level', { device: label })}
      aria-valuemin={FLOOR_DB}
      aria-valuemax={0}
      aria-valuenow={Math.max(FLOOR_DB, Math.min(0, peak))}
      aria-valuetext={isClipped ? `${text}, ${t('live.devices.clipped')}` : text}
    >
      <Canvas className="meter__canvas" colors={COLORS} draw={draw} wake={wake} />
      <span className={isClipped ? 'meter__text is-clipped' : 'meter__text'}>{shown}</span>
    </div>
  );
}

function drawMeter(
  { context, width, colors, nowMs }: Frame<(typeof COLORS)[number]>,
  hold: LevelHold,
): boolean {
  const at = (db: number): number =>
    width * Math.max(0, Math.min(1, (db - FLOOR_DB) / (0 - FLOOR_DB)));
  const level = hold.levelDb(nowMs);
  const peak = hold.peakDb(nowMs);
  context.fillStyle = colors.inset;
  context.beginPath();
  context.roundRect(0, 0, width, BAR_PX, 3);
  context.fill();
  context.save();
  context.clip();
  context.fillStyle = colors.meter;
  context.fillRect(0, 0, Math.min(at(level), at(HOT_DB)), BAR_PX);
  context.fillStyle = colors['meter-hot'];
  if (level > HOT_DB) context.fillRect(at(HOT_DB), 0, at(level) - at(HOT_DB), BAR_PX);
  if (peak > FLOOR_DB) {
    context.fillStyle = peak > -0.2 ? colors['meter-clip'] : colors.text;
    context.fillRect(Math.max(0, at(peak) - 2), 0, 2, BAR_PX);
  }
  if (hold.isClipped(nowMs)) {
    context.fillStyle = colors['meter-clip'];
    context.fillRect(width - 6, 0, 6, BAR_PX);
  }
  context.restore();
  context.font = '9px system-ui, sans-serif';
  context.textBaseline = 'top';
  for (const db of MARKS_DB) {
    const x = Math.round(at(db));
    context.fillStyle = colors['line-strong'];
    context.fillRect(x, BAR_PX + 1, 1, 3);
    context.fillStyle = colors.muted;
    context.textAlign = 'center';
    if (db % 20 === 0) context.fillText(`−${-db}`, x, BAR_PX + 5);
  }
  context.textAlign = 'right';
  context.fillText('0 dB', width, BAR_PX + 5);
  return level > FLOOR_DB || peak > FLOOR_DB || hold.isClipped(nowMs);
}
