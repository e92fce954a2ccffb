import { Ear, Headphones, Power, Video } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { formatSigned } from '../format.ts';
import { DeviceSelect } from '../live/DeviceSelect.tsx';
import { LevelMeter } from '../live/LevelMeter.tsx';
import { isPassing } from '../live/live-phase.ts';
import { usePhase } from '../live/use-phase.ts';
import { PowerSwitch } from '../live/PowerSwitch.tsx';
import { VirtualMicrophone } from '../live/VirtualMicrophone.tsx';
import { useApp, useControls, useReadout, useSession } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { ErrorPanel } from '../ui/Message.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Slider } from '../ui/Slider.tsx';
import { judgeLevel } from './judge-level.ts';
import { useHold } from './use-hold.ts';

const GAIN_DB = 24;

export function MicrophoneStep() {
  const { t } = useTranslation();
  const hasNone = useApp(({ devices }) =>
    devices.every(({ inputChannels }) => inputChannels === 0),
  );
  return (
    <>
      <DeviceSelect direction="input" />
      {hasNone && <p role="status">{t('guide.microphone.none')}</p>}
    </>
  );
}

export function LevelStep() {
  const { t } = useTranslation();
  const { app, controls: model, inputLevel } = useSession();
  const status = useApp((state) => state.status)!;
  const controls = useControls();
  const phase = usePhase();
  const output = useApp(({ settings, devices }) =>
    settings?.virtualMicrophone
      ? null
      : (settings?.output ?? devices.find(({ isDefaultOutput }) => isDefaultOutput)?.name),
  );
  const judgement = useReadout(() => {
    const now = performance.now();
    return judgeLevel(inputLevel.peakDb(now), inputLevel.isClipped(now));
  }, 400);
  const gain = controls?.inputGainDb ?? 0;
  if (!isPassing(phase)) {
    return (
      <>
        {output !== null && (
          <p className="small">
            {t('guide.level.headphones', { output: output ?? t('guide.level.outputUsual') })}
          </p>
        )}
        <div>
          <Button
            variant="primary"
            icon={<Power size={16} aria-hidden="true" />}
            disabled={status.isOn || phase === 'closed'}
            onClick={() => void app.setOn(true)}
          >
            {t(status.isOn ? 'guide.level.starting' : 'guide.level.start')}
          </Button>
        </div>
        {status.problem !== null && <ErrorPanel problem={status.problem} />}
      </>
    );
  }
  return (
    <>
      <LevelMeter side="input" label={t('live.devices.microphone')} />
      <p role="status" className="guide__judgement" data-level={judgement}>
        {t(`guide.level.${judgement}`)}
      </p>
      <Slider
        label={t('guide.level.gain')}
        value={Math.max(-GAIN_DB, Math.min(GAIN_DB, gain))}
        min={-GAIN_DB}
        max={GAIN_DB}
        resetTo={0}
        valueText={t('live.sliders.gainText', { db: formatSigned(gain, 1) })}
        onChange={(value) => model.change({ inputGainDb: value })}
      />
    </>
  );
}

export function OutputStep() {
  const { t } = useTranslation();
  const { app } = useSession();
  const can = useApp(({ welcome }) => welcome?.can.virtualMicrophone ?? false);
  const isVirtual = useApp(({ settings }) => settings?.virtualMicrophone ?? false);
  return (
    <>
      {can && (
        <Segmented
          label={t('guide.output.title')}
          value={isVirtual ? 'calls' : 'ears'}
          options={[
            {
              value: 'ears',
              label: <Choice icon={<Headphones size={16} />} text={t('guide.output.ears')} />,
            },
            {
              value: 'calls',
              label: <Choice icon={<Video size={16} />} text={t('guide.output.calls')} />,
            },
          ]}
          onChange={(value) => void app.changeSettings({ virtualMicrophone: value === 'calls' })}
        />
      )}
      {isVirtual ? <VirtualMicrophone /> : <DeviceSelect direction="output" />}
    </>
  );
}

function Choice({ icon, text }: { readonly icon: ReactNode; readonly text: string }) {
  return (
    <span className="guide__choice">
      {icon} {text}
    </span>
  );
}

export function VoiceStep() {
  const { t } = useTranslation();
  const phase = usePhase();
  const controls = useControls();
  const hold = useHold();
  return (
    <div className="guide__voice">
      <PowerSwitch />
      <Button
        className="guide__hold"
        icon={<Ear size={18} aria-hidden="true" />}
        pressed={controls?.bypass ?? false}
        disabled={!isPassing(phase)}
        {...hold}
      >
        {t(controls?.bypass ? 'guide.voice.holding' : 'guide.voice.hold')}
      </Button>
      <p className="muted small">{t('guide.voice.done')}</p>
    </div>
  );
}
