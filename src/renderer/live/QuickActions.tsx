import { Circle, Ear, MicOff, Square } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatLength } from '../format.ts';
import { useShortcuts } from '../shell/shortcuts.ts';
import { useApp, useControls, useReadout, useSession } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import { Tooltip } from '../ui/Tooltip.tsx';

/** Bypass, mute and record: what is wanted in the middle of a sentence. */
export function QuickActions() {
  const { t } = useTranslation();
  const group = t('live.shortcuts.group');
  const { controls: model } = useSession();
  const controls = useControls();
  const held = useRef(false);
  const isOff = controls === null;

  const toggle = (name: 'bypass' | 'mute'): void => {
    const now = model.controls;
    if (now !== null) model.change({ [name]: !now[name] });
  };
  useShortcuts([
    {
      keys: ['b'],
      group,
      label: t('live.shortcuts.bypass'),
      run: () => {
        held.current = model.controls !== null;
        toggle('bypass');
      },
      release: () => {
        if (held.current) toggle('bypass');
        held.current = false;
      },
    },
    { keys: ['m'], group, label: t('live.shortcuts.mute'), run: () => toggle('mute') },
  ]);
  return (
    <div className="quick">
      <Tooltip text={t('live.actions.bypassHold')}>
        <Button
          className="quick__button"
          pressed={controls?.bypass ?? false}
          disabled={isOff}
          icon={<Ear size={18} aria-hidden="true" />}
          onClick={() => toggle('bypass')}
        >
          {t('live.actions.bypass')}
          <kbd aria-hidden="true">B</kbd>
        </Button>
      </Tooltip>
      <Tooltip text={t('live.actions.muteHint')}>
        <Button
          className="quick__button"
          pressed={controls?.mute ?? false}
          disabled={isOff}
          icon={<MicOff size={18} aria-hidden="true" />}
          onClick={() => toggle('mute')}
        >
          {t('live.actions.mute')}
          <kbd aria-hidden="true">M</kbd>
        </Button>
      </Tooltip>
      <RecordButton />
    </div>
  );
}

function RecordButton() {
  const { t } = useTranslation();
  const { app, client } = useSession();
  const isRecording = useApp(({ status }) => status?.isRecording ?? false);
  const isOn = useApp(({ status }) => status?.isOn ?? false);
  const seconds = useReadout((telemetry) => Math.floor(telemetry?.recorder?.seconds ?? 0), 250);
  const [isBusy, setBusy] = useState(false);
  const canRecord = isRecording || isOn;

  const toggle = async (): Promise<void> => {
    if (isBusy || !canRecord) return;
    setBusy(true);
    await app.attempt(async () => {
      if (!isRecording) {
        await client.call('live.record', null);
        return;
      }
      const recording = await client.call('live.stopRecording', null);
      if (recording === null) return;
      const length = formatLength(recording.seconds);
      app.notify('info', t('live.actions.recorded', { length }));
    });
    setBusy(false);
  };
  useShortcuts([
    {
      keys: ['r'],
      group: t('live.shortcuts.group'),
      label: t('live.shortcuts.record'),
      run: () => void toggle(),
    },
  ]);
  return (
    <Tooltip text={canRecord ? t('live.actions.recordHint') : t('live.actions.recordingNeedsOn')}>
      <Button
        className={classes('quick__button', isRecording && 'is-recording')}
        aria-disabled={!canRecord}
        pressed={isRecording}
        icon={
          isRecording ? (
            <Square size={16} fill="currentColor" aria-hidden="true" />
          ) : (
            <Circle size={16} fill="currentColor" aria-hidden="true" />
          )
        }
        onClick={() => void toggle()}
      >
        {isRecording ? (
          <>
            {t('live.actions.stopRecording')}{' '}
            <span className="number">{formatLength(seconds)}</span>
          </>
        ) : (
          <>
            {t('live.actions.record')}
            <kbd aria-hidden="true">R</kbd>
          </>
        )}
      </Button>
    </Tooltip>
  );
}
