import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigation } from '../shell/navigation.ts';
import { useApp, useSession } from '../store/session.tsx';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import './guide.css';
import { LevelStep, MicrophoneStep, OutputStep, VoiceStep } from './steps.tsx';

const STEPS = [MicrophoneStep, LevelStep, OutputStep, VoiceStep] as const;
const NAMES = ['microphone', 'level', 'output', 'voice'] as const;

/** Four steps from nothing to one's own voice, cleaned. Opens by itself once, and from the help. */
export function GuideDialog() {
  const { t } = useTranslation();
  const { app } = useSession();
  const { isGuideOpen, openGuide } = useNavigation();
  const isDone = useApp(({ settings }) => settings?.isGuideDone ?? true);
  const [step, setStep] = useState(0);
  useEffect(() => {
    if (!isDone) openGuide(true);
  }, [isDone, openGuide]);
  useEffect(() => {
    if (isGuideOpen) setStep(0);
  }, [isGuideOpen]);

  const close = (): void => {
    openGuide(false);
    if (!isDone) void app.changeSettings({ isGuideDone: true });
  };
  const isLast = step === STEPS.length - 1;
  const Step = STEPS[step]!;
  const name = NAMES[step]!;
  return (
    <Dialog
      title={t('guide.title')}
      isOpen={isGuideOpen}
      onClose={close}
      actions={
        <>
          {!isLast && (
            <Button variant="quiet" className="guide__skip" onClick={close}>
              {t('guide.skip')}
            </Button>
          )}
          {step > 0 && <Button onClick={() => setStep(step - 1)}>{t('guide.back')}</Button>}
          <Button variant="primary" onClick={() => (isLast ? close() : setStep(step + 1))}>
            {t(isLast ? 'guide.finish' : 'guide.next')}
          </Button>
        </>
      }
    >
      <div className="guide">
        <div
          className="guide__dots"
          role="img"
          aria-label={t('guide.step', { step: step + 1, of: STEPS.length })}
        >
          {NAMES.map((each, i) => (
            <i key={each} data-state={i < step ? 'done' : i === step ? 'now' : 'next'} />
          ))}
        </div>
        <div className="guide__words" aria-live="polite">
          <h3>{t(`guide.${name}.title`)}</h3>
          <p className="muted">{t(`guide.${name}.text`)}</p>
        </div>
        <Step />
      </div>
    </Dialog>
  );
}
