import {
  CircleHelp,
  MicOff,
  Power,
  RefreshCw,
  TriangleAlert,
  Unplug,
  type LucideIcon,
} from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useApp, useSession } from '../store/session.tsx';
import type { LivePhase } from './live-phase.ts';
import { PowerRing } from './PowerRing.tsx';
import { useShortcuts } from '../shell/shortcuts.ts';
import { usePhase } from './use-phase.ts';

const ICONS: Readonly<Record<LivePhase, LucideIcon>> = {
  off: Power,
  on: Power,
  bypass: Power,
  muted: MicOff,
  starting: RefreshCw,
  loading: RefreshCw,
  restarting: RefreshCw,
  recovering: Unplug,
  failed: TriangleAlert,
  closed: TriangleAlert,
  unknown: CircleHelp,
};

const WORDS = {
  off: 'off',
  on: 'on',
  bypass: 'bypass',
  muted: 'muted',
  starting: 'starting',
  loading: 'off',
  restarting: 'starting',
  recovering: 'recovering',
  failed: 'failed',
  closed: 'failed',
  unknown: 'unknown',
} as const satisfies Record<LivePhase, string>;

const HINTS = {
  off: 'offHint',
  on: 'onHint',
  bypass: 'bypassHint',
  muted: 'mutedHint',
  starting: 'startingHint',
  loading: 'engineStartingHint',
  restarting: 'restartingHint',
  recovering: 'recoveringHint',
  failed: 'failedHint',
  closed: 'closedHint',
  unknown: 'unknownHint',
} as const satisfies Record<LivePhase, string>;

/** The one control that matters: a switch that says its state in a word, a shape and a colour, and moves with the voice. */
export function PowerSwitch() {
  const { t } = useTranslation();
  const { app } = useSession();
  const status = useApp((state) => state.status)!;
  const phase = usePhase();
  const id = useId();
  const toggle = (): void => {
    const { status, connection } = app.state.getState();
    if (connection === 'open' && status !== null) void app.setOn(!status.isOn);
  };
  useShortcuts([
    {
      keys: ['o'],
      group: t('live.shortcuts.group'),
      label: t('live.shortcuts.toggle'),
      run: toggle,
    },
  ]);
  const Icon = ICONS[phase];
  const isProblem = phase === 'recovering' || phase === 'failed';
  return (
    <div className={`power power--${phase}`}>
      <button
        type="button"
        role="switch"
        className="power__button"
        aria-checked={status.isOn}
        aria-label={t('live.switch.label')}
        aria-describedby={id}
        disabled={phase === 'closed' || phase === 'unknown'}
        onClick={toggle}
      >
        <PowerRing phase={phase} />
        <span className="power__face" aria-hidden="true">
          <Icon size={34} strokeWidth={2} />
          <strong>{t(`live.switch.${WORDS[phase]}`)}</strong>
        </span>
      </button>
      <p className="power__hint" id={id} role="status">
        <span className="visually-hidden">{t(`live.switch.${WORDS[phase]}`)}. </span>
        {(isProblem && status.problem?.message) || t(`live.switch.${HINTS[phase]}`)}
      </p>
    </div>
  );
}
