import { useCallback, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '../format.ts';
import { useReadout, useSession } from '../store/session.tsx';
import { classes } from '../ui/classes.ts';
import { useFrames } from '../ui/frame-loop.ts';

const FLOOR_DB = -60;
/** Speech that peaks above is close to being clipped. */
const HOT_DB = -9;
const MARKS_DB = [-40, -20];

/** @returns the place of a level on the scale, 0..1 */
const place = (db: number): number => Math.max(0, Math.min(1, 1 - db / FLOOR_DB));

export interface LevelMeterProps {
  readonly label: string;
  readonly side: 'input' | 'output';
}

/** RMS as a bar, held peak as a line, dBFS; what is said of it is a few words, twice a second. */
export function LevelMeter({ label, side }: LevelMeterProps) {
  const { t } = useTranslation();
  const { feed, inputLevel, outputLevel } = useSession();
  const hold = side === 'input' ? inputLevel : outputLevel;
  const bar = useRef<HTMLElement>(null);
  const hot = useRef<HTMLElement>(null);
  const held = useRef<HTMLElement>(null);
  const wake = useCallback((again: () => void) => feed.subscribe(again), [feed]);
  useFrames((nowMs) => {
    const level = hold.levelDb(nowMs);
    const peakDb = hold.peakDb(nowMs);
    bar.current!.style.transform = `scaleX(${place(Math.min(level, HOT_DB))})`;
    hot.current!.style.transform = `scaleX(${Math.max(0, place(level) - place(HOT_DB))})`;
    held.current!.style.transform = `translateX(${100 * place(peakDb)}%)`;
    return level > FLOOR_DB || peakDb > FLOOR_DB;
  }, wake);
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
      <div className="meter__scale" aria-hidden="true">
        <div className={classes('meter__bar', isClipped && 'is-clipped')}>
          <i ref={bar} className="meter__level" />
          <i ref={hot} className="meter__hot" style={{ left: `${100 * place(HOT_DB)}%` }} />
          <i ref={held} className="meter__peak" />
        </div>
        {MARKS_DB.map((db) => (
          <span key={db} style={{ left: `${100 * place(db)}%` }}>
            {formatNumber(db)}
          </span>
        ))}
        <span className="meter__top">{t('common.db', { value: 0 })}</span>
      </div>
      <span className={isClipped ? 'meter__text is-clipped' : 'meter__text'}>{shown}</span>
    </div>
  );
}
