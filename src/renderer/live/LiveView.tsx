import { useTranslation } from 'react-i18next';
import { CodePanel } from './CodePanel.tsx';
import { DeviceSelect } from './DeviceSelect.tsx';
import { EngineProblem } from './EngineProblem.tsx';
import { LatencyPanel } from './LatencyPanel.tsx';
import { LevelMeter } from './LevelMeter.tsx';
import { isPassing } from './live-phase.ts';
import { PowerSwitch } from './PowerSwitch.tsx';
import { QuantizerPicker } from './QuantizerPicker.tsx';
import { QuickActions } from './QuickActions.tsx';
import { SoundSliders } from './SoundSliders.tsx';
import { Spectrograms } from './Spectrograms.tsx';
import { StreamPanel } from './StreamPanel.tsx';
import { usePhase } from './use-phase.ts';
import { VirtualMicrophone } from './VirtualMicrophone.tsx';
import './live.css';

/** The voice, live: the switch and the devices at the left, what happens to the sound at the right. */
export function LiveView() {
  const { t } = useTranslation();
  const passes = isPassing(usePhase());
  return (
    <div className="view live">
      <h1 className="visually-hidden">{t('live.title')}</h1>
      <div className="live__left">
        <section className="ui-card live__switch" aria-label={t('live.switch.label')}>
          <PowerSwitch />
          <QuickActions />
        </section>
        <section className="ui-card live__devices" aria-label={t('live.devices.title')}>
          <div>
            <DeviceSelect direction="input" />
            <LevelMeter side="input" label={t('live.devices.microphone')} />
          </div>
          <div>
            <DeviceSelect direction="output" />
            <LevelMeter side="output" label={t('live.devices.output')} />
          </div>
          <VirtualMicrophone />
        </section>
      </div>
      <div className="live__right">
        <EngineProblem />
        <Spectrograms isOff={!passes} />
        <QuantizerPicker />
        <SoundSliders />
        <div className="live__figures">
          <LatencyPanel isPassing={passes} />
          <StreamPanel isPassing={passes} />
          <CodePanel isPassing={passes} />
        </div>
      </div>
    </div>
  );
}
