import { useCallback, useEffect, useMemo } from 'react';
import { useSession } from '../store/session.tsx';
import { Canvas, type Frame } from '../ui/Canvas.tsx';
import { isPassing, type LivePhase } from './live-phase.ts';

const COLORS = ['accent', 'warn', 'danger', 'line-strong', 'line', 'muted', 'inset'] as const;
type Colors = (typeof COLORS)[number];
/** Bars around the circle: a turn is 3.6 s of telemetry. */
const BARS = 72;
const FLOOR_DB = -60;

/** Level of the last seconds around the switch: a ring that moves with the voice, and lies still without. */
class Trail {
  readonly levels = new Float32Array(BARS);
  at = 0;

  push(peakDb: number): void {
    this.levels[this.at] = Math.max(0, Math.min(1, (peakDb - FLOOR_DB) / -FLOOR_DB));
    this.at = (this.at + 1) % BARS;
  }
}

export function PowerRing({ phase }: { readonly phase: LivePhase }) {
  const { feed } = useSession();
  const trail = useMemo(() => new Trail(), []);
  useEffect(() => feed.subscribe(({ outputLevel }) => trail.push(outputLevel.peak)), [feed, trail]);
  const draw = useCallback(
    (frame: Frame<Colors>) => {
      if (isPassing(phase)) drawTrail(frame, trail, phase);
      else drawStill(frame, phase);
      return phase === 'starting' || phase === 'recovering' || phase === 'restarting';
    },
    [phase, trail],
  );
  const wake = useCallback((again: () => void) => feed.subscribe(again), [feed]);
  return <Canvas className="power__ring" colors={COLORS} draw={draw} wake={wake} />;
}

function drawTrail(
  { context, width, height, colors }: Frame<Colors>,
  trail: Trail,
  phase: LivePhase,
): void {
  const radius = Math.min(width, height) / 2;
  const inner = radius * 0.76;
  context.translate(width / 2, height / 2);
  context.lineCap = 'round';
  context.lineWidth = (2 * Math.PI * inner) / BARS / 2;
  context.strokeStyle = phase === 'on' ? colors.accent : colors.warn;
  for (let i = 0; i < BARS; i++) {
    // The newest at the top, older ones behind it clockwise, fading.
    const age = (trail.at - 1 - i + BARS) % BARS;
    const level = trail.levels[age] ?? 0;
    const angle = (i / BARS) * 2 * Math.PI - Math.PI / 2;
    const outer = inner + 2 + (radius - inner - 4) * level;
    context.globalAlpha = 1 - 0.75 * (i / BARS);
    context.beginPath();
    context.moveTo(Math.cos(angle) * inner, Math.sin(angle) * inner);
    context.lineTo(Math.cos(angle) * outer, Math.sin(angle) * outer);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawStill(
  { context, width, height, colors, nowMs }: Frame<Colors>,
  phase: LivePhase,
): void {
  const radius = (Math.min(width, height) / 2) * 0.8;
  context.translate(width / 2, height / 2);
  context.lineWidth = 3;
  context.strokeStyle =
    phase === 'failed' || phase === 'closed' ? colors.danger : colors['line-strong'];
  if (phase === 'recovering') context.strokeStyle = colors.warn;
  if (phase === 'off' || phase === 'loading' || phase === 'unknown') context.setLineDash([3, 9]);
  else if (phase !== 'failed' && phase !== 'closed') {
    context.rotate(nowMs / 700);
    context.setLineDash([radius * 1.2, radius * 0.9]);
  }
  context.beginPath();
  context.arc(0, 0, radius, 0, 2 * Math.PI);
  context.stroke();
}
